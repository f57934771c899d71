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

const step = (): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      arbitrary: fc.record({ at: at(), do: fc.constant('message' as const), chat: index(), prompt: prompt() }),
      weight: 5,
    },
    { arbitrary: chatStep('attach'), weight: 4 },
    { arbitrary: chatStep('detach'), weight: 2 },
    { arbitrary: chatStep('helper'), weight: 2 },
    { arbitrary: chatStep('close'), weight: 1 },
    { arbitrary: chatStep('interrupt'), weight: 1 },
    {
      arbitrary: fc.record({
        at: at(),
        do: fc.constant('answer' as const),
        chat: index(),
        decision: fc.constantFrom('accept' as const, 'decline' as const),
      }),
      weight: 1,
    },
    { arbitrary: fc.record({ at: at(), do: fc.constant('tui-connect' as const), pair: fc.nat(3) }), weight: 2 },
    { arbitrary: fc.record({ at: at(), do: fc.constant('tui-disconnect' as const), pair: fc.nat(3) }), weight: 1 },
    { arbitrary: fc.record({ at: at(), do: fc.constant('restart' as const) }), weight: 1 },
  );

function chatStep<Do extends 'attach' | 'detach' | 'helper' | 'close' | 'interrupt'>(what: Do) {
  return fc.record({ at: at(), do: fc.constant(what), chat: index() });
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
    forMs: lasting(),
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
      { arbitrary: fc.constant('claude' as const), weight: 0 },
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
      pairs: fc.integer({ min: 1, max: limits.pairs }),
      chats: fc.array(chat(), { minLength: 1, maxLength: limits.chats }),
      coTenant: fc.boolean(),
      steps: fc.array(step(), { maxLength: limits.steps, size: 'max' }),
      faults: fc.array(fc.oneof(...Object.values(FAULTS)), { maxLength: limits.faults * 2, size: 'max' }),
      off: fc.subarray([...FAULT_KINDS]),
      choices: fc.uniqueArray(choice(), {
        maxLength: limits.choices,
        size: 'max',
        selector: ([kind, ordinal]) => `${kind} ${ordinal}`,
      }),
    })
    .map(({ off, faults, steps, ...rest }) => ({
      format: 1 as const,
      ...rest,
      steps: [...steps].sort((left, right) => left.at - right.at),
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
