import type { TraceEntry } from '../../src/kernel/trace.ts';
import type { Failure } from '../../src/report/failure.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { Rule } from '../../src/scenario/verdict.ts';

export const SAMPLE_DELAYS = [0, 1, 7, 60, 800];

export const SAMPLE_SCENARIO: Scenario = {
  format: 1,
  pairs: 1,
  chats: [
    { provider: 'codex', pair: 0 },
    { provider: 'claude', pair: 0 },
  ],
  coTenant: false,
  steps: [
    { at: 100, do: 'attach', chat: 0 },
    { at: 1_500, do: 'restart' },
  ],
  faults: [{ at: 1_200, kind: 'tmux-stall', forMs: 6_000 }],
  choices: [['delay', 4, 3]],
};

export const SAMPLE_RULE: Rule = {
  id: 'live-sessions-are-kept',
  kind: 'safety',
  sentence: 'A live session is never closed: a chat whose terminal is alive ends only when its user closes it.',
  source: 'sessions S1',
};

type Line = readonly [time: number, actor: string, type: string, detail: string, cause?: number];

/** A restart meets a tmux server that does not answer, and the daemon takes silence for absence. */
const LINES: readonly Line[] = [
  [0, 'pid 1001', 'process.start', 'reprise daemon', -1],
  [2, 'daemon#1', 'commit', 'p1'],
  [3, 'daemon#1', 'spawn', 'codex p1#1: codex app-server'],
  [4, 'pid 1002', 'process.start', 'codex app-server'],
  [5, 'codex p1#1', 'stdin', '{"id":1,"method":"initialize","params":{}}'],
  [31, 'codex p1#1', 'stdout', '{"id":1,"result":{"userAgent":"x"}}'],
  [32, 'codex p1#1', 'stdin', '{"method":"initialized"}'],
  [40, 'daemon#1', 'commit', 'c1,codex,p1 ses_1,c1,tmux,rp-term-1'],
  [41, 'daemon#1', 'commit', 'c2,claude,p1 ses_2,c2,tmux,rp-term-2'],
  [4_100, 'user', 'attach', 'c1', 8],
  [4_100, 'daemon#1', 'exec', 'tmux -L reprise new-session -d -s rp-term-1 worker c1'],
  [4_101, 'pid 1003', 'process.start', 'tmux -L reprise new-session -d -s rp-term-1 worker c1'],
  [4_103, 'pid 1004', 'process.start', 'tmux -L reprise new-session -d -s rp-term-1 worker c1'],
  [4_104, 'pid 1005', 'process.start', 'worker c1'],
  [4_105, 'pid 1003', 'process.exit', '0', 12],
  [4_106, 'daemon#1', 'exec.result', '0'],
  [4_107, 'daemon#1', 'commit', 'rp-term-1,1005'],
  [5_200, 'fault', 'tmux-stall', '', 8],
  [5_200, 'pid 1004', 'signal', 'SIGSTOP'],
  [5_500, 'user', 'restart', '', 8],
  [5_519, 'pid 1002', 'process.exit', '0', 19],
  [5_520, 'codex p1#1', 'exit', '0'],
  [5_522, 'pid 1001', 'process.exit', '0'],
  [5_572, 'pid 1006', 'process.start', 'reprise daemon', 22],
  [5_573, 'daemon#2', 'exec', 'tmux -L reprise has-session -t =rp-term-1'],
  [5_574, 'pid 1007', 'process.start', 'tmux -L reprise has-session -t =rp-term-1'],
  [5_574, 'daemon#2', 'spawn', 'codex p1#2: codex app-server', 23],
  [5_575, 'pid 1008', 'process.start', 'codex app-server'],
  [5_580, 'codex p1#2', 'stdin', '{"id":1,"method":"initialize","params":{}}'],
  [5_604, 'codex p1#2', 'stdout', '{"id":1,"result":{"userAgent":"x"}}\n{"method":"thread/started","params":{}}'],
  [8_574, 'pid 1007', 'signal', 'SIGTERM', 25],
  [8_574, 'pid 1007', 'process.exit', 'SIGTERM'],
  [8_575, 'daemon#2', 'exec.result', 'SIGTERM timed out', 31],
  [8_576, 'daemon#2', 'commit', 'ended,c1,open'],
  [8_576, 'daemon#2', 'notice', 'c1 session-ended <script>alert("x")</script> \u001b[31m\u0000'],
];

export function sampleTrace(): TraceEntry[] {
  return LINES.map(([time, actor, type, detail, cause], seq) => ({
    seq,
    time,
    actor,
    type,
    detail,
    cause: cause ?? seq - 1,
  }));
}

export function sampleFailure(change: Partial<Failure> = {}): Failure {
  const violation = {
    rule: SAMPLE_RULE,
    time: 8_576,
    step: 34,
    subject: 'chat c1',
    expected: 'open: its terminal rp-term-1 is there and its process 1005 is alive',
    seen: "the daemon moved it to 'ended'; its user never closed it",
  };
  const result = {
    violation,
    hash: '0123456789abcdef',
    events: 61,
    virtualMs: 8_576,
    faults: ['tmux-stall'],
    unfired: [],
    trace: sampleTrace(),
    sights: new Map(),
    destroyed: [],
    givenUp: [],
    daemons: [],
  };
  return {
    violation,
    scenario: SAMPLE_SCENARIO,
    result,
    originMs: 4_000,
    delaysMs: SAMPLE_DELAYS,
    command: 'npm run reprise -- repro .reprise/live-sessions-are-kept-7.json',
    replays: 3,
    found: { seed: 7, runs: 143, shrinkRuns: 212, generatedSize: 31 },
    canary: { id: 'boolean-probe', title: 'a probe that does not answer counts as "missing"', source: 'sessions A3' },
    ...change,
  };
}
