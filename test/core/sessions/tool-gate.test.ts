import { expect, it } from 'vitest';
import type { ExecRequest, ExecResult } from '../../../src/core/ports.ts';
import { BATCH, BATCH_MS, ToolGate } from '../../../src/core/sessions/tool-gate.ts';
import { SteppedClock } from '../stepped-clock.ts';

const done = (more: Partial<Extract<ExecResult, { kind: 'exited' }>> = {}): ExecResult => ({
  ...{ kind: 'exited', code: 0, signal: null, timedOut: false, stdout: '', stderr: '' },
  ...more,
});
const TIMED_OUT = done({ timedOut: true });

/** Commands that are answered when the test says so. */
function bench() {
  const clock = new SteppedClock();
  const running: { readonly name: string; readonly answer: (result: ExecResult) => void }[] = [];
  const started: string[] = [];
  const exec = {
    run: ({ args: [name = ''] }: ExecRequest) =>
      new Promise<ExecResult>((answer) => {
        started.push(name);
        running.push({ name, answer });
      }),
  };
  const gate = new ToolGate(exec, clock);
  const answers = new Map<string, ExecResult>();
  const run = (name: string) =>
    void gate.run({ file: 'tool', args: [name], timeoutMs: 1 }).then((result) => answers.set(name, result));
  const answer = async (name: string, result = done()) => {
    const at = running.findIndex((each) => each.name === name);
    running.splice(at, 1)[0]!.answer(result);
    await clock.advance(0);
  };
  return { clock, gate, run, answer, answers, started };
}

const names = (count: number, prefix = 'c') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

it(`starts at most ${BATCH} commands in ${BATCH_MS} ms, in their order`, async () => {
  const { clock, run, started } = bench();
  const all = names(2 * BATCH + 1);
  for (const name of all) run(name);
  expect(started).toEqual(all.slice(0, BATCH));
  await clock.advance(BATCH_MS - 1);
  expect(started).toHaveLength(BATCH);
  await clock.advance(1);
  expect(started).toEqual(all.slice(0, 2 * BATCH));
  await clock.advance(BATCH_MS);
  expect(started).toEqual(all);
});

it('lets one command at a time through after a time-out, until one is answered', async () => {
  const { clock, run, answer, answers, started } = bench();
  run('first');
  await answer('first', TIMED_OUT);
  await clock.advance(BATCH_MS);
  for (const name of ['a', 'b', 'c']) run(name);
  expect(started).toEqual(['first', 'a']);
  await answer('a', TIMED_OUT);
  // Those behind it learn that they were not asked: nothing piles up in front of the server.
  expect(started).toEqual(['first', 'a']);
  for (const name of ['b', 'c'])
    expect(answers.get(name)).toMatchObject({ kind: 'not-started', message: expect.stringMatching(/not asked: tool/) });
  for (const name of ['d', 'e']) run(name);
  expect(started).toEqual(['first', 'a', 'd']);
  await answer('d');
  expect(started).toEqual(['first', 'a', 'd', 'e']);
});

it('answers whoever waits when it stops, and starts nothing any more', async () => {
  const { clock, gate, run, answers, started } = bench();
  for (const name of names(BATCH + 1)) run(name);
  gate.stop();
  run('late');
  await clock.advance(10 * BATCH_MS);
  expect(started).toHaveLength(BATCH);
  for (const name of [`c${BATCH}`, 'late']) expect(answers.get(name)).toMatchObject({ kind: 'not-started' });
});
