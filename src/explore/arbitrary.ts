import fc from 'fast-check';
import type { Choice } from '../kernel/choices.ts';
import type { ChatSetup, Fault, FaultKind, Prompt, Scenario, Step } from '../scenario/scenario.ts';

/** How large the scenarios are that {@link scenarioArbitrary} makes. */
export interface ScenarioLimits {
  readonly pairs: number;
  readonly chats: number;
  readonly steps: number;
  readonly faults: number;
  readonly choices: number;
}

export const DEFAULT_LIMITS: ScenarioLimits = { pairs: 4, chats: 8, steps: 14, faults: 4, choices: 6 };

/** Moments at which timers of the core meet: grace period, sweep, probe time-out, restart pause. */
const EDGES_MS = [0, 1, 1_000, 3_000, 5_000, 29_999, 30_000, 30_001, 60_000] as const;

/** Most things happen close together; some happen when a timer is due; a few happen anywhere in a minute. */
const at = (): fc.Arbitrary<number> =>
  fc.oneof(
    { arbitrary: fc.nat(40).map((tick) => tick * 50), weight: 5 },
    { arbitrary: fc.constantFrom(...EDGES_MS), weight: 2 },
    { arbitrary: fc.nat(7_000), weight: 2 },
    { arbitrary: fc.nat(65_000), weight: 1 },
  );

const index = (): fc.Arbitrary<number> => fc.nat(7);

const prompt = (): fc.Arbitrary<Prompt> => fc.constantFrom('hello', 'story', 'tool', 'approve');

const decision = (): fc.Arbitrary<'accept' | 'decline'> => fc.constantFrom('accept', 'decline');

/** What somebody does next, without saying when and to whom. */
const move = (): fc.Arbitrary<Move> =>
  fc.oneof(
    { arbitrary: prompt().map((value): Move => ({ do: 'message', prompt: value })), weight: 5 },
    { arbitrary: fc.constant<Move>({ do: 'attach' }), weight: 4 },
    { arbitrary: fc.constant<Move>({ do: 'detach' }), weight: 2 },
    { arbitrary: fc.constant<Move>({ do: 'helper' }), weight: 2 },
    { arbitrary: fc.constant<Move>({ do: 'tui-connect' }), weight: 2 },
    { arbitrary: fc.constant<Move>({ do: 'close' }), weight: 1 },
    { arbitrary: fc.constant<Move>({ do: 'interrupt' }), weight: 1 },
    { arbitrary: decision().map((value): Move => ({ do: 'answer', decision: value })), weight: 1 },
    { arbitrary: fc.constant<Move>({ do: 'tui-disconnect' }), weight: 1 },
    { arbitrary: fc.constant<Move>({ do: 'restart' }), weight: 1 },
  );

type Move =
  | { readonly do: 'message'; readonly prompt: Prompt }
  | { readonly do: 'answer'; readonly decision: 'accept' | 'decline' }
  | { readonly do: 'attach' | 'detach' | 'close' | 'interrupt' | 'helper' }
  | { readonly do: 'tui-connect' | 'tui-disconnect' }
  | { readonly do: 'restart' };

interface Episode {
  readonly start: number;
  readonly chat: number;
  /** Of the TUI that comes and goes meanwhile; null for that of the chat's own pair. */
  readonly pair: number | null;
  readonly moves: readonly (readonly [Move, number])[];
}

/** A few steps in a row around one chat and one pair: bugs need several things to happen to the same object. */
const episode = (): fc.Arbitrary<Episode> =>
  fc.record({
    start: at(),
    chat: index(),
    pair: fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary: fc.nat(3), weight: 1 }),
    moves: fc.array(fc.tuple(move(), fc.constantFrom(0, 1, 50, 400, 5_000, 29_999)), {
      minLength: 1,
      maxLength: 5,
      size: 'max',
    }),
  });

function stepsOf({ start, chat, pair, moves }: Episode, chats: readonly ChatSetup[]): Step[] {
  const home = pair ?? chats[chat % chats.length]!.pair;
  let time = start;
  return moves.map(([next, gap]) => {
    const step = placed(next, time, chat, home);
    time += gap;
    return step;
  });
}

function placed(next: Move, time: number, chat: number, pair: number): Step {
  switch (next.do) {
    case 'restart':
      return { at: time, do: next.do };
    case 'tui-connect':
    case 'tui-disconnect':
      return { at: time, do: next.do, pair };
    case 'message':
      return { at: time, ...next, chat };
    case 'answer':
      return { at: time, ...next, chat };
    case 'helper':
      return { at: time, do: next.do, chat };
    default:
      return { at: time, do: next.do, chat };
  }
}

/** Mostly up to `usual`: whatever interacts does so more often when there is little of it. */
function few(min: number, usual: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(
    { arbitrary: fc.integer({ min, max: Math.min(usual, max) }), weight: 3 },
    { arbitrary: fc.integer({ min, max }), weight: 1 },
  );
}

/** How long a trouble lasts: shorter and longer than the time-outs of the core. */
const lasting = (): fc.Arbitrary<number> => fc.constantFrom(200, 2_000, 4_000, 12_000, 40_000);

const FAULTS: { readonly [Kind in FaultKind]: fc.Arbitrary<Extract<Fault, { kind: Kind }>> } = {
  'tmux-stall': fc.record({ at: at(), kind: fc.constant('tmux-stall' as const), forMs: lasting() }),
  'tmux-kill': fc.record({ at: at(), kind: fc.constant('tmux-kill' as const) }),
  'tmux-broken': fc.record({
    at: at(),
    kind: fc.constant('tmux-broken' as const),
    how: fc.constantFrom('ENOENT' as const, 'EACCES' as const, '127' as const),
    forMs: lasting(),
  }),
  'app-server-exit': fc.record({
    at: at(),
    kind: fc.constant('app-server-exit' as const),
    how: fc.constantFrom('exit' as const, 'SIGKILL' as const),
    pair: fc.nat(3),
  }),
  'transport-cut': fc.record({ at: at(), kind: fc.constant('transport-cut' as const), pair: fc.nat(3) }),
  'claude-kill': fc.record({ at: at(), kind: fc.constant('claude-kill' as const), chat: index() }),
  'model-error': fc.record({
    at: at(),
    kind: fc.constant('model-error' as const),
    status: fc.constantFrom(401 as const, 429 as const, 500 as const),
    who: fc.constantFrom('helpers' as const, 'all' as const),
    when: fc.constantFrom('start' as const, 'mid-turn' as const),
    forMs: fc.constantFrom(2_000, 12_000, 70_000),
  }),
  'daemon-crash': fc.record({
    at: at(),
    kind: fc.constant('daemon-crash' as const),
    downMs: fc.constantFrom(1, 50, 3_000),
  }),
  'daemon-crash-at-write': fc.record({
    at: fc.constant(0),
    kind: fc.constant('daemon-crash-at-write' as const),
    write: fc.integer({ min: 1, max: 25 }),
    downMs: fc.constantFrom(1, 50, 3_000),
  }),
};

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

const chat = (): fc.Arbitrary<ChatSetup> =>
  fc.record({
    provider: fc.oneof(
      { arbitrary: fc.constant('codex' as const), weight: 3 },
      { arbitrary: fc.constant('claude' as const), weight: 1 },
    ),
    pair: fc.nat(3),
  });

const choice = (): fc.Arbitrary<Choice> =>
  fc.oneof(
    fc.tuple(fc.constant('delay' as const), fc.nat(400), fc.integer({ min: 1, max: 4 })),
    fc.tuple(fc.constant('pick' as const), fc.nat(120), fc.integer({ min: 1, max: 3 })),
  );

/**
 * Scenarios. Each run switches on a random subset of the kinds of faults (swarm testing: a run without the usual trouble
 * gets further into the unusual one).
 */
export function scenarioArbitrary(limits: ScenarioLimits = DEFAULT_LIMITS): fc.Arbitrary<Scenario> {
  return fc
    .record({
      pairs: few(1, 2, limits.pairs),
      chats: fc.oneof(
        { arbitrary: fc.array(chat(), { minLength: 1, maxLength: Math.min(3, limits.chats), size: 'max' }), weight: 3 },
        { arbitrary: fc.array(chat(), { minLength: 1, maxLength: limits.chats, size: 'max' }), weight: 1 },
      ),
      coTenant: fc.boolean(),
      episodes: fc.array(episode(), { maxLength: Math.ceil(limits.steps / 3), size: 'max' }),
      faults: fc.array(fc.oneof(...Object.values(FAULTS)), { maxLength: limits.faults * 2, size: 'max' }),
      off: fc.subarray([...FAULT_KINDS]),
      choices: fc.uniqueArray(choice(), {
        maxLength: limits.choices,
        size: 'max',
        selector: ([kind, ordinal]) => `${kind} ${ordinal}`,
      }),
    })
    .map(({ off, faults, episodes, ...rest }) => ({
      format: 1 as const,
      ...rest,
      steps: episodes
        .flatMap((each) => stepsOf(each, rest.chats))
        .slice(0, limits.steps)
        .sort((left, right) => left.at - right.at),
      faults: (faults as Fault[])
        .filter(({ kind }) => !off.includes(kind))
        .slice(0, limits.faults)
        .sort((left, right) => left.at - right.at),
    }));
}

/** The scenario of one run of a campaign: a function of the seed and the run's number alone. */
export function scenarioOfRun(seed: number, run: number, limits: ScenarioLimits = DEFAULT_LIMITS): Scenario {
  const [scenario] = fc.sample(scenarioArbitrary(limits), { seed: mix(seed, run), numRuns: 1 });
  return scenario!;
}

/** Neighbouring runs get unrelated seeds (the finaliser of MurmurHash3). */
function mix(seed: number, run: number): number {
  let hash = Math.imul(seed ^ Math.imul(run + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
