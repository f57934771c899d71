import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fence, Kernel, Lane, type Scheduled } from '../../src/kernel/kernel.ts';

/**
 * The kernel's queue against the plainest possible one: a list that is searched from end to end each time. Delays are
 * drawn around 0 and around the edge between the queue's wheel and its heap.
 */

const LANES = 3;
const FENCES = 3;

type Step =
  | { readonly do: 'schedule'; readonly delay: number; readonly lane: number | null; readonly fence: number | null }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'close'; readonly fence: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'run'; readonly within: number; readonly pick: number };

const delay = fc.oneof(
  { weight: 4, arbitrary: fc.nat(1) },
  { weight: 1, arbitrary: fc.nat(5) },
  { weight: 2, arbitrary: fc.integer({ min: 1022, max: 1026 }) },
  { weight: 1, arbitrary: fc.nat(5_000) },
);
const within = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: -1, max: 3 }), fc.nat(2_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      delay,
      lane: fc.option(fc.nat(LANES - 1)),
      fence: fc.option(fc.nat(FENCES - 1)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), fence: fc.nat(FENCES - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: delay }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run' as const), within, pick: fc.nat(6) }) },
);

interface Entry {
  readonly id: number;
  readonly due: number;
  readonly lane: number | null;
  readonly fence: number | null;
  alive: boolean;
}

class Model {
  now = 0;
  readonly entries: Entry[] = [];
  readonly #laneDue = new Array<number>(LANES).fill(0);
  readonly #closed = new Set<number>();

  schedule(wanted: number, lane: number | null, fence: number | null): void {
    let due = this.now + wanted;
    if (lane !== null) {
      due = Math.max(due, this.#laneDue[lane]!);
      this.#laneDue[lane] = due;
    }
    this.entries.push({ id: this.entries.length, due, lane, fence, alive: true });
  }

  close(fence: number): void {
    this.#closed.add(fence);
  }

  /** Ids that may run next, in order of scheduling; none when nothing is due by `until`. */
  candidates(until: number): Entry[] {
    const live = this.entries.filter((e) => e.alive && !(e.fence !== null && this.#closed.has(e.fence)));
    const due = Math.min(...live.map((e) => e.due));
    if (due > until) return [];
    const ready = live.filter((e) => e.due === due);
    return ready.filter((e, at) => e.lane === null || ready.findIndex((other) => other.lane === e.lane) === at);
  }
}

function replay(steps: readonly Step[]): void {
  const model = new Model();
  const [lanes, fences] = [
    Array.from({ length: LANES }, () => new Lane()),
    Array.from({ length: FENCES }, () => new Fence()),
  ];
  const handles: Scheduled[] = [];
  const ran: number[] = [];
  let answer = 0;
  let asked = 0;
  const next = () => {
    asked++;
    return answer;
  };
  const kernel = new Kernel({ choices: { next } });
  for (const step of steps) {
    if (step.do === 'schedule') {
      const id = handles.length;
      const lane = step.lane === null ? {} : { lane: lanes[step.lane]! };
      const fence = step.fence === null ? {} : { fence: fences[step.fence]! };
      handles.push(kernel.schedule(step.delay, () => ran.push(id), { ...lane, ...fence }));
      model.schedule(step.delay, step.lane, step.fence);
    } else if (step.do === 'cancel') {
      if (handles.length === 0) continue;
      const id = step.which % handles.length;
      handles[id]!.cancel();
      model.entries[id]!.alive = false;
    } else if (step.do === 'close') {
      fences[step.fence]!.close();
      model.close(step.fence);
    } else if (step.do === 'wait') {
      const until = kernel.now + step.ms;
      if (model.candidates(until).length > 0) {
        expect(() => kernel.advanceTo(until)).toThrow(/are due/);
      } else {
        kernel.advanceTo(until);
        model.now = until;
      }
    } else {
      const until = kernel.now + step.within;
      const candidates = model.candidates(until);
      [answer, asked] = [step.pick, 0];
      const before = ran.length;
      expect(kernel.step(until)).toBe(candidates.length > 0);
      expect(asked).toBe(candidates.length > 1 ? 1 : 0);
      if (candidates.length > 0) {
        const chosen = candidates.length > 1 ? candidates[step.pick % candidates.length]! : candidates[0]!;
        expect(ran.slice(before)).toEqual([chosen.id]);
        chosen.alive = false;
        model.now = chosen.due;
      }
      expect(kernel.now).toBe(model.now);
    }
  }
}

describe('kernel against a naive model', () => {
  it('runs the same event, at the same time, with the same questions', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120, size: 'max' }), replay), { numRuns: 600, seed: 7 });
  });

  it('agrees when everything is run to the end after a burst', () => {
    const run = fc.record({
      do: fc.constant('run' as const),
      within: fc.constant(Number.POSITIVE_INFINITY),
      pick: fc.nat(6),
    });
    const burst = fc.tuple(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.array(run, { minLength: 80, maxLength: 80 }),
    );
    fc.assert(
      fc.property(burst, ([first, rest]) => replay([...first, ...rest])),
      { numRuns: 100, seed: 8 },
    );
  });
});
