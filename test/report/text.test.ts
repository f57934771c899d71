import { describe, expect, it } from 'vitest';
import { clipped, gistOf, printable } from '../../src/report/gist.ts';
import { failureText } from '../../src/report/text.ts';
import type { Step } from '../../src/scenario/scenario.ts';
import { SAMPLE_SCENARIO, sampleFailure, sampleTrace } from './sample.ts';

describe('failureText', () => {
  it('tells the whole story', () => {
    expect(failureText(sampleFailure(), '.reprise/live-sessions-are-kept-7.html')).toMatchInlineSnapshot(`
      "A safety rule is broken: live-sessions-are-kept
        A live session is never closed: a chat whose terminal is alive ends only when its user closes it.
        Broken by chat c1 at 4.576 s. (sessions S1)

      Known bug    boolean-probe, put into the core on purpose: a probe that does not answer counts as "missing"
      Replay       npm run reprise -- repro .reprise/live-sessions-are-kept-7.json
      Same run     replayed 3/3 with trace hash 0123456789abcdef
      Found        in run 143 of seed 7; 31 steps, faults and choices shrunk to 4 in 212 runs
      Picture      .reprise/live-sessions-are-kept-7.html

      What it takes: 1 pair (p1); c1 is a codex chat on p1, c2 is a claude chat on p1.
        step   at 100 ms a front end connects to c1
        fault  at 1.2 s the tmux server stops answering for 6 s
        step   at 1.5 s the daemon is stopped in good order and started again
        choice the 5th latency is 60 ms longer than usual
        Everything else is default: nothing else goes wrong, ties are first come first served, latencies are usual.

      Timeline in virtual ms after the set-up; 15 other entries not shown
        ■ user or fault   ● led to it   ○ concerns it   ✗ the rule was found broken
        A user   B fault   C daemon#1   D daemon#2   E codex p1   F tmux client   G tmux server   H pane of c1
              ms  A B C D E F G H
          -3,960  · · ○ · · · · ·  commits c1,codex,p1 ses_1,c1,tmux,rp-term-1
             100  ■ · · · · · · ·  attach c1
             100  · · ○ · · · · ·  runs tmux -L reprise new-session -d -s rp-term-1 worker c1
             101  · · · · · ○ · ·  starts: tmux -L reprise new-session -d -s rp-term-1 worker c1
             103  · · · · · · ○ ·  starts: tmux -L reprise new-session -d -s rp-term-1 worker c1
             104  · · · · · · · ○  starts: worker c1
             107  · · ○ · · · · ·  commits rp-term-1,1005
           1,200  · ■ · · · · · ·  tmux-stall
           1,500  ■ · · · · · · ·  restart
           1,519  · · · · ● · · ·  ends: 0
           1,520  · · · · ● · · ·  has ended: 0
           1,522  · · ● · · · · ·  ends: 0
           1,572  · · · ● · · · ·  starts: reprise daemon
           1,573  · · · ● · · · ·  runs tmux -L reprise has-session -t =rp-term-1
           1,574  · · · · · ● · ·  starts: tmux -L reprise has-session -t =rp-term-1
           4,574  · · · · · ● · ·  gets SIGTERM
           4,574  · · · · · ● · ·  ends: SIGTERM
           4,575  · · · ● · · · ·  learns: SIGTERM timed out
           4,576  · · · ● · · · ·  commits ended,c1,open
           4,576  · · · ✗ · · · ·  notice c1 session-ended <script>alert("x")</script> \\e[31m\\u{0}

      Expected  open: its terminal rp-term-1 is there and its process 1005 is alive
      Seen      the daemon moved it to 'ended'; its user never closed it"
    `);
  });

  it('leaves out what there is not', () => {
    const text = failureText(sampleFailure({ canary: null, found: null, replays: 0 }));
    expect(text).toContain('not replayed yet; trace hash 0123456789abcdef');
    expect(text).not.toMatch(/Known bug|Found|Picture/);
  });

  it('keeps to 60 lines of 118 characters, however long the run, and keeps the end', () => {
    const last = sampleTrace().at(-1)!;
    const trace = Array.from({ length: 5_000 }, (_, seq) => ({ ...last, seq, time: 4_000 + seq, cause: seq - 1 }));
    const steps = Array.from({ length: 40 }, (_, at): Step => ({ at, do: 'attach', chat: 0 }));
    const { violation, result } = sampleFailure();
    const seen = 'x '.repeat(400);
    const broken = { ...violation, step: 4_999, seen, expected: seen, subject: `chat c1 ${seen}` };
    const text = failureText(
      sampleFailure({
        violation: broken,
        scenario: { ...SAMPLE_SCENARIO, steps },
        result: { ...result, violation: broken, trace, unfired: Array(9).fill(seen) },
      }),
    );
    const lines = text.split('\n');
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(118);
    expect(text).toMatch(/4,999 {2}✗/);
    expect(text).toContain('and 24 more');
  });

  it('shows control characters instead of obeying them', () => {
    expect(failureText(sampleFailure())).not.toMatch(/[^\P{C}\n]/u);
    expect(printable(' a\u001b[31m\n\u202eb\ud800 ')).toBe('a\\e[31m\\n\\u{202e}b\\u{d800}');
    expect(clipped('a😀😀b', 3)).toBe('a😀…');
  });
});

describe('gistOf', () => {
  const gist = (type: string, detail: string) => gistOf({ seq: 0, time: 0, actor: 'x', type, detail, cause: -1 });

  it('names frames instead of showing them', () => {
    expect(gist('stdin', '{"id":3,"method":"turn/start","params":{}}')).toBe('is sent turn/start #3');
    expect(gist('stdout', '{"id":3,"result":{}}\n{"method":"turn/started"}\n')).toBe('writes result #3, turn/started');
    expect(gist('stdout', '{"id":3,"error":{"code":-32600,"message":"no\\nthread"}}')).toBe(
      'writes error #3 no\\nthread',
    );
    expect(gist('stdout', '{"type":"system","subtype":"init"}')).toBe('writes system/init');
    expect(gist('stdout', '{"half of a li')).toBe('writes {"half of a li');
    expect(gist('stdout', '[1,2]')).toBe('writes [1,2]');
  });
});
