import { describe, expect, it } from 'vitest';
import type { TraceEntry } from '../../src/kernel/trace.ts';
import { actorsOf } from '../../src/report/actors.ts';
import { conePartsOf } from '../../src/report/cone.ts';
import type { Violation } from '../../src/scenario/verdict.ts';
import { sampleFailure, sampleTrace } from './sample.ts';

const { violation } = sampleFailure();

function seqs(trace: readonly TraceEntry[], change: Partial<Violation>, part: string): number[] {
  const parts = conePartsOf(trace, { ...violation, ...change });
  return trace.filter(({ seq }) => parts[seq] === part).map(({ seq }) => seq);
}

describe('conePartsOf', () => {
  const trace = sampleTrace();

  it('follows causes backwards to the act of the user, and not into the set-up', () => {
    expect(seqs(trace, {}, 'cause')).toEqual([20, 21, 22, 23, 24, 25, 30, 31, 32, 33, 34]);
    expect(seqs(trace, {}, 'outside')).toEqual([9, 17, 19]);
  });

  it('adds what concerns the subject: its chat and its terminal', () => {
    expect(seqs(trace, {}, 'subject')).toEqual([7, 10, 11, 12, 13, 16]);
  });

  it('does not take c1 for c10, nor rp-term-1 for rp-term-12', () => {
    const other = ['c10', 'rp-term-12', 'xc1'].map((detail, seq) => ({ ...trace[0]!, seq, detail, cause: -1 }));
    expect(conePartsOf(other, { ...violation, step: -1 })).toEqual(['rest', 'rest', 'rest']);
  });

  it('takes the pair only when the subject names nothing finer', () => {
    const subject = (text: string) => seqs(trace, { subject: text, expected: '', seen: '', step: -1 }, 'subject');
    expect(subject('pair p1')).toEqual([1, 2, 4, 5, 6, 7, 8, 21, 26, 28, 29]);
    expect(subject('chat c2 on pair p1')).toEqual([8]);
  });

  it('claims no causes for a liveness rule', () => {
    expect(seqs(trace, { rule: { ...violation.rule, kind: 'liveness' } }, 'cause')).toEqual([]);
  });
});

describe('actorsOf', () => {
  it('shows processes as what they are, from left to right', () => {
    const { list, of } = actorsOf(sampleTrace());
    expect(list.map(({ kind, name }) => `${kind}: ${name}`)).toEqual([
      'user: user',
      'fault: fault',
      'daemon: daemon#1',
      'daemon: daemon#2',
      'agent: codex p1',
      'tmux: tmux client',
      'tmux: tmux server',
      'pane: pane of c1',
    ]);
    const names = of.map((index) => list[index]!.name);
    expect([names[0], names[3], names[12], names[13], names[18], names[23]]).toEqual([
      'daemon#1',
      'codex p1',
      'tmux server',
      'pane of c1',
      'tmux server',
      'daemon#2',
    ]);
  });

  it('follows a pid that is used again', () => {
    const start = (seq: number, detail: string) => ({
      seq,
      time: 0,
      actor: 'pid 9',
      type: 'process.start',
      detail,
      cause: -1,
    });
    const { list, of } = actorsOf([start(0, 'tmux ls'), start(1, 'worker c3')]);
    expect(of.map((index) => list[index]!.name)).toEqual(['tmux client', 'pane of c3']);
  });
});
