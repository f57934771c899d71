import { describe, expect, it } from 'vitest';
import type { ExecRequest, ExecResult, InspectResult, Processes, ProcessTable } from '../../../src/core/ports.ts';
import { type LastSeen, NEVER_SEEN } from '../../../src/core/sessions/backend.ts';
import { TmuxBackend } from '../../../src/core/sessions/backends/tmux.ts';

const exited = (code: number | null, stdout: string, stderr: string, more: Partial<ExecResult> = {}): ExecResult =>
  ({ kind: 'exited', code, signal: null, timedOut: false, stdout, stderr, ...more }) as ExecResult;

const LAST_SEEN = { pid: 41, startTicks: 900, bootId: 'boot' };
const ALIVE: InspectResult = { kind: 'alive', identity: LAST_SEEN, cwd: '/' };
const REUSED: InspectResult = { kind: 'alive', identity: { pid: 41, startTicks: 901, bootId: 'boot' }, cwd: '/' };
const GONE: InspectResult = { kind: 'gone' };
const UNREADABLE: InspectResult = { kind: 'unknown', reason: 'EACCES' };

const SERVER = { pid: 40, startTicks: 800, bootId: LAST_SEEN.bootId };
const PANE = '40 %0 41 0 s g me launch_1 rp-1';

interface Around {
  readonly process?: InspectResult;
  readonly server?: InspectResult;
  readonly seen?: LastSeen;
  /** pid of the server that lists all panes, of which none is ours. */
  readonly answering?: string;
  readonly table?: ProcessTable;
}

async function probe(result: ExecResult, around: Around = {}) {
  const { process = GONE, server = GONE, answering = '', table = { kind: 'unknown', reason: 'EIO' } } = around;
  const seen = around.seen ?? { pane: LAST_SEEN, server: null, launch: 'launch_1' };
  const exec = {
    run: async ({ args }: ExecRequest) => {
      return args.includes('-a') ? exited(0, `${answering} %9 9 0 s g   notes\n`, '') : result;
    },
  };
  const processes = {
    inspect: async (pid: number) => (pid === SERVER.pid ? server : process),
    table: async () => table,
  } as unknown as Processes;
  const options = { file: 'tmux', socketName: 's', owner: 'me', probeTimeoutMs: 1, changeTimeoutMs: 1 };
  return new TmuxBackend({ exec, processes }, options).probe('rp-1', seen);
}

const verdict = async (result: ExecResult, around: Around = {}) => (await probe(result, around)).verdict;

const NO_SERVER = exited(1, '', 'no server running on /tmp/tmux-0/s\n');
const NO_SOCKET = exited(1, '', 'error connecting to /tmp/tmux-0/s (No such file or directory)\n');

describe('what a tmux answer proves', () => {
  it.each<[string, ExecResult, string]>([
    ['its pane is listed', exited(0, `${PANE}\n`, ''), 'exists'],
    ['the server does not know it', exited(1, '', "can't find session: rp-1\n"), 'missing'],
    ['the server does not know another one', exited(1, '', "can't find session: rp-2\n"), 'unknown'],
    ['a timed-out client that trapped SIGTERM and exited 0', exited(0, '', '', { timedOut: true } as never), 'unknown'],
    [
      'a timed-out client that still said something',
      exited(1, '', "can't find session: rp-1\n", { timedOut: true } as never),
      'unknown',
    ],
    ['an empty executable that exits 0', exited(0, '', ''), 'unknown'],
    ['another session of which it is a prefix', exited(0, `${PANE.replace('rp-1', 'rp-12')}\n`, ''), 'unknown'],
    ['a shell that cannot find it', exited(127, '', 'sh: 1: exec: tmux: not found\n'), 'unknown'],
    ['a shell that may not run it', exited(126, '', 'sh: 1: exec: tmux: Permission denied\n'), 'unknown'],
    ['a client killed by a signal', exited(null, '', '', { signal: 'SIGKILL' } as never), 'unknown'],
    [
      'a socket directory with wrong permissions',
      exited(1, '', 'directory /tmp/tmux-0 has unsafe permissions\n'),
      'unknown',
    ],
    ['too many open files', exited(1, '', 'error connecting to /tmp/tmux-0/s (Too many open files)\n'), 'unknown'],
    ['a server that dies meanwhile', exited(1, '', 'lost server\n'), 'unknown'],
    ['a server of another version', exited(1, '', 'protocol version mismatch (client 8, server 9)\n'), 'unknown'],
    ['no executable', { kind: 'not-started', errno: 'ENOENT', message: '' }, 'unknown'],
    ['no permission to execute', { kind: 'not-started', errno: 'EACCES', message: '' }, 'unknown'],
  ])('%s', async (_case, result, expected) => {
    expect(await verdict(result)).toBe(expected);
  });

  it.each([
    ['no server', NO_SERVER],
    ['no socket', NO_SOCKET],
    ['a server that lets nobody in', exited(1, '', 'server exited unexpectedly\n')],
  ])('%s: the process of the pane decides', async (_case, result) => {
    expect(await verdict(result)).toBe('missing');
    expect(await verdict(result, { process: REUSED })).toBe('missing');
    expect(await verdict(result, { process: ALIVE })).toBe('unknown');
    expect(await verdict(result, { process: UNREADABLE })).toBe('unknown');
    expect(await verdict(result, { seen: NEVER_SEEN })).toBe('missing');
  });

  const KEPT = { pane: LAST_SEEN, server: SERVER, launch: 'launch_1' };
  const SERVER_ALIVE: InspectResult = { kind: 'alive', identity: SERVER, cwd: '/' };
  const NO_SESSION = exited(1, '', "can't find session: rp-1\n");

  it.each<[string, ExecResult, Around, string, boolean]>([
    ['its server is gone', NO_SERVER, { server: GONE }, 'missing', true],
    ['its server lives without a socket', NO_SOCKET, { server: SERVER_ALIVE }, 'unknown', false],
    ['its own server does not know it', NO_SESSION, { server: SERVER_ALIVE, answering: '40' }, 'missing', true],
    ['another server does not know it', NO_SESSION, { server: SERVER_ALIVE, answering: '77' }, 'unknown', false],
    ['nobody knows which server answered', NO_SESSION, { server: SERVER_ALIVE }, 'unknown', false],
  ])('its process lives, and %s', async (_case, result, around, expected, stray) => {
    const answer = await probe(result, { process: ALIVE, seen: KEPT, ...around });
    expect([answer.verdict, answer.verdict === 'missing' && answer.stray !== null]).toEqual([expected, stray]);
  });

  const table = (...rows: (readonly [pid: number, parentPid: number, mark: string | null])[]): ProcessTable => ({
    kind: 'known',
    processes: rows.map(([pid, parentPid, mark]) => ({
      ...{ identity: { ...LAST_SEEN, pid }, parentPid, groupId: pid, sessionId: pid, cwd: null, mark },
    })),
  });

  it.each<[string, ProcessTable, string, number | null]>([
    ['no process carries its label', table([60, 1, null], [61, 60, 'launch_2']), 'missing', null],
    ['one does, and has a parent', table([60, 1, null], [61, 60, 'launch_1']), 'unknown', null],
    ['one does, and init has it', table([61, 1, 'launch_1'], [62, 61, 'launch_1']), 'missing', 61],
    ['the process table cannot be read', { kind: 'unknown', reason: 'EIO' }, 'unknown', null],
  ])('it was asked for and never seen, and %s', async (_case, rows, expected, stray) => {
    for (const result of [NO_SOCKET, NO_SESSION]) {
      const answer = await probe(result, { seen: { pane: null, server: null, launch: 'launch_1' }, table: rows });
      expect([answer.verdict, answer.verdict === 'missing' ? (answer.stray?.pid ?? null) : null]).toEqual([
        expected,
        stray,
      ]);
    }
  });

  it('a pane whose program ended is there, with its end', async () => {
    const dead = (end: string) => exited(0, `40 %0 41 1 ${end} me launch_1 rp-1\n`, '');
    expect(await probe(dead('s3 g'))).toMatchObject({ found: { end: { code: 3, signal: null } } });
    expect(await probe(dead('s g9'))).toMatchObject({ found: { end: { code: null, signal: 9 } } });
    expect(await probe(dead('s g'))).toMatchObject({ found: { end: { code: null, signal: null, lost: true } } });
  });

  it('of several panes the one that was seen before counts', async () => {
    const two = exited(0, `40 %3 90 0 s g me launch_1 rp-1\n${PANE}\n`, '');
    expect(await probe(two)).toMatchObject({ found: { paneId: '%0', panePid: 41 } });
    expect(await probe(two, { seen: NEVER_SEEN })).toMatchObject({ found: { paneId: '%3' } });
  });
});
