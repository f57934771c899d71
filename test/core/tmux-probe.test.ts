import { describe, expect, it } from 'vitest';
import type { ExecResult, InspectResult, Ports } from '../../src/core/ports.ts';
import { TmuxBackend } from '../../src/core/sessions/backends/tmux.ts';

const exited = (code: number | null, stdout: string, stderr: string, more: Partial<ExecResult> = {}): ExecResult =>
  ({ kind: 'exited', code, signal: null, timedOut: false, stdout, stderr, ...more }) as ExecResult;

const LAST_SEEN = { pid: 41, startTicks: 900, bootId: 'boot' };
const ALIVE: InspectResult = { kind: 'alive', identity: LAST_SEEN, cwd: '/' };
const REUSED: InspectResult = { kind: 'alive', identity: { pid: 41, startTicks: 901, bootId: 'boot' }, cwd: '/' };
const GONE: InspectResult = { kind: 'gone' };
const UNREADABLE: InspectResult = { kind: 'unknown', reason: 'EACCES' };

async function verdict(
  result: ExecResult,
  process: InspectResult = GONE,
  lastSeen: typeof LAST_SEEN | null = LAST_SEEN,
) {
  const ports = {
    exec: { run: async () => result },
    processes: { inspect: async () => process },
  } as unknown as Pick<Ports, 'exec' | 'processes'>;
  const options = { file: 'tmux', socketName: 's', owner: 'me', probeTimeoutMs: 1, changeTimeoutMs: 1 };
  return (await new TmuxBackend(ports, options).probe('rp-1', lastSeen)).verdict;
}

const NO_SERVER = exited(1, '', 'no server running on /tmp/tmux-0/s\n');
const NO_SOCKET = exited(1, '', 'error connecting to /tmp/tmux-0/s (No such file or directory)\n');

describe('what a tmux answer proves', () => {
  it.each<[string, ExecResult, string]>([
    ['its pane is listed', exited(0, 'rp-1 41 me\n', ''), 'exists'],
    ['the server does not know it', exited(1, '', "can't find session: rp-1\n"), 'missing'],
    ['the server does not know another one', exited(1, '', "can't find session: rp-2\n"), 'unknown'],
    ['a timed-out client that trapped SIGTERM and exited 0', exited(0, '', '', { timedOut: true } as never), 'unknown'],
    [
      'a timed-out client that still said something',
      exited(1, '', "can't find session: rp-1\n", { timedOut: true } as never),
      'unknown',
    ],
    ['an empty executable that exits 0', exited(0, '', ''), 'unknown'],
    ['another session of which it is a prefix', exited(0, 'rp-12 41 me\n', ''), 'unknown'],
    ['a shell that cannot find it', exited(127, '', 'sh: 1: exec: tmux: not found\n'), 'unknown'],
    ['a shell that may not run it', exited(126, '', 'sh: 1: exec: tmux: Permission denied\n'), 'unknown'],
    ['a client killed by a signal', exited(null, '', '', { signal: 'SIGKILL' } as never), 'unknown'],
    [
      'a socket directory with wrong permissions',
      exited(1, '', 'directory /tmp/tmux-0 has unsafe permissions\n'),
      'unknown',
    ],
    ['too many open files', exited(1, '', 'error connecting to /tmp/tmux-0/s (Too many open files)\n'), 'unknown'],
    ['a server that dies meanwhile', exited(1, '', 'server exited unexpectedly\n'), 'unknown'],
    ['a server of another version', exited(1, '', 'protocol version mismatch (client 8, server 9)\n'), 'unknown'],
    ['no executable', { kind: 'not-started', errno: 'ENOENT', message: '' }, 'unknown'],
    ['no permission to execute', { kind: 'not-started', errno: 'EACCES', message: '' }, 'unknown'],
  ])('%s', async (_case, result, expected) => {
    expect(await verdict(result)).toBe(expected);
  });

  it.each([
    ['no server', NO_SERVER],
    ['no socket', NO_SOCKET],
  ])('%s: the process of the pane decides', async (_case, result) => {
    expect(await verdict(result, GONE)).toBe('missing');
    expect(await verdict(result, REUSED)).toBe('missing');
    expect(await verdict(result, ALIVE)).toBe('unknown');
    expect(await verdict(result, UNREADABLE)).toBe('unknown');
    expect(await verdict(result, GONE, null)).toBe('missing');
  });
});
