import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Choice } from '../../../src/kernel/choices.ts';
import type { ModelRule, ReplyStep } from '../../../src/world/model/index.ts';
import { type RawClaude, RawMachine } from './raw.ts';

const text = (...chunks: string[]): ReplyStep => ({ do: 'text', chunks, gapMs: 30 });
const tool = (command: string): ReplyStep => ({ do: 'tool', command });
const WORDS = ['hello', 'think', 'look', 'make', 'both', 'nap', 'refuse', 'stall', 'break'] as const;
const rules: readonly ModelRule[] = [
  { when: { user: 'hello' }, reply: [text('a ', 'b ', 'c')] },
  { when: { user: 'think' }, reply: [{ do: 'reasoning', chunks: ['x', 'y'], gapMs: 20 }, text('so')] },
  { when: { user: 'look', round: 0 }, reply: [text('I ', 'look'), tool('ls')] },
  { when: { user: 'make', round: 0 }, reply: [tool('touch made')] },
  { when: { user: 'both', round: 0 }, reply: [tool('ls'), tool('touch made')] },
  { when: { user: 'nap', round: 0 }, reply: [tool('echo a; sleep 5')] },
  { when: { user: 'refuse' }, reply: [{ do: 'status', status: 401 }] },
  { when: { user: 'stall' }, reply: [text('a'), { do: 'hang' }] },
  { when: { user: 'break', attempt: 1 }, reply: [text('a ', 'b'), { do: 'cut' }] },
  ...[0, 1, 2, 3].map((round): ModelRule => ({ when: { user: { includes: '' }, round }, reply: [text('done')] })),
];

type Act =
  | { readonly do: 'say'; readonly word: (typeof WORDS)[number] }
  | { readonly do: 'interrupt' | 'allow' | 'deny' | 'deny and stop' | 'end' }
  | { readonly do: 'kill'; readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL' };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), word: fc.constantFrom(...WORDS) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('interrupt' as const, 'allow' as const, 'deny' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('deny and stop' as const, 'end' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const, 'SIGHUP' as const, 'SIGKILL' as const),
    }),
  },
);

/** A pause before each act: near the moments at which something happens, mostly. */
const pause = fc.oneof(fc.nat(12), fc.nat(120), fc.nat(4_000));
const choices: fc.Arbitrary<Choice[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom('pick' as const, 'delay' as const), fc.nat(60), fc.integer({ min: 1, max: 4 })),
  { maxLength: 8, selector: ([kind, ordinal]) => `${kind} ${ordinal}` },
);

function perform(claude: RawClaude, given: Act, number: number): void {
  switch (given.do) {
    case 'say':
      claude.say(given.word, `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
      break;
    case 'interrupt':
      claude.control(`i${number}`, { subtype: 'interrupt' });
      break;
    case 'allow':
      claude.answer({ behavior: 'allow' });
      break;
    case 'deny':
      claude.answer({ behavior: 'deny', message: 'no' });
      break;
    case 'deny and stop':
      claude.answer({ behavior: 'deny', message: 'no', interrupt: true });
      break;
    case 'end':
      claude.end();
      break;
    case 'kill':
      claude.kill(given.signal);
  }
}

/** Lets everything come to rest: hung requests are interrupted, open questions refused. */
function settle(world: RawMachine, claude: RawClaude): void {
  for (let i = 0; i < 40; i++) {
    world.pass(100_000);
    if (claude.exit || world.claude.truths[0]?.running === null) return;
    claude.answer({ behavior: 'deny', message: 'no' });
    claude.control(`s${i}`, { subtype: 'interrupt' });
  }
}

it('keeps the protocol whatever the host does, and whenever', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(pause, act), { maxLength: 12 }), choices, (acts, chosen) => {
      const world = new RawMachine(rules, { choices: chosen });
      const claude = world.start('--include-partial-messages');
      claude.control('c1', { subtype: 'initialize' });
      for (const [index, [ms, given]] of acts.entries()) {
        world.pass(index === 0 ? 600 + ms : ms);
        perform(claude, given, index);
      }
      settle(world, claude);
      const truth = world.claude.truths[0]!;
      // After the end of stdin nobody can interrupt a request that hangs.
      const reachable = !claude.exit && !acts.some(([, { do: done }]) => done === 'end');
      // Every message that was taken begins once and ends once, unless the process is gone.
      for (const { uuid } of truth.messages) {
        const states = claude.frames.filter(({ command_uuid }) => command_uuid === uuid).map(({ state }) => state);
        const whole = /^queued,started,(completed|cancelled)$/;
        if (reachable) expect(states.join()).toMatch(whole);
        else expect(states.join()).toMatch(/^queued(,started(,(completed|cancelled))?)?$/);
      }
      // Each result closes what its turn had opened.
      const results = claude.frames.filter(({ type }) => type === 'result');
      expect(results.map(({ result_index }) => result_index)).toEqual(results.map((_, index) => index));
      // Nothing of a tool is left but by kill -9.
      const orphans = truth.shells.filter(({ alive }) => alive);
      if (claude.exit?.signal !== 'SIGKILL') expect(orphans).toEqual([]);
      // A process that still lives takes another message.
      if (!reachable) return;
      claude.heard();
      claude.say('hello', '00000000-0000-4000-8000-999999999999');
      world.pass(20_000);
      expect(claude.heard()).toMatch(
        /^S:run L:q9 L:s9 INIT requesting status .*R:ok L:c9 S:idle$|^S:run L:q9 L:s9 INIT .* R:ok L:c9 S:idle$/,
      );
    }),
    {
      numRuns: Number(process.env.FUZZ_RUNS ?? 300),
      seed: Number(process.env.FUZZ_SEED ?? 2_026),
      endOnFailure: !!process.env.FUZZ_RUNS,
    },
  );
});
