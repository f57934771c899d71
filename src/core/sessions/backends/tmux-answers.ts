import type { ExecResult } from '../../ports.ts';
import { exists, missing, type Probe, unknown } from '../../probe/probe.ts';
import type { Terminal } from '../backend.ts';

/** tmux prints one such line for each pane. The name comes first: an empty answer proves nothing (facts D9, D10). */
export const PANE_FORMAT =
  '#{session_name} #{pid} #{pane_id} #{pane_pid} #{pane_dead} s#{pane_dead_status} g#{pane_dead_signal} #{@reprise-owner} #{@reprise-launch}';
const PANE_LINE = /^(\S+) (\d+) (%\d+) (\d+) ([01]) s(\d*) g(\d*) (\S*) (\S*)$/;

/**
 * What `list-panes -t =NAME:` says about a session. Only tmux's own words for absence are read as absence; `knownPid` is
 * the pane to look for, if it was seen before: its user may have split the window.
 */
export function readProbe(name: string, result: ExecResult, knownPid: number | null): Probe<Terminal> {
  if (result.kind === 'not-started') return unknown(`tmux did not start: ${result.message}`);
  // A real tmux client traps SIGTERM and exits 0: after a time-out its status means nothing (facts D1).
  if (result.timedOut) return unknown('tmux did not answer in time');
  if (result.signal !== null) return unknown(`tmux was killed by ${result.signal}`);
  if (result.code === 0) {
    const pane = readPane(name, result.stdout, knownPid);
    return pane ? exists(pane, 'tmux lists its pane') : unknown('tmux exited 0 without naming the session');
  }
  if (result.code === 126 || result.code === 127) return unknown(`a shell could not run tmux: exit ${result.code}`);
  if (isNoSession(name, result)) return missing('tmux: no such session');
  return unknown(`tmux exit ${result.code}: ${result.stderr.trim()}`);
}

/** A server answered, and it has no such session. */
export function isNoSession(name: string, result: ExecResult): boolean {
  return says(result, (words) => words === `can't find session: ${name}`);
}

/** tmux's two ways of saying that nobody listens; which one depends on whether the socket file exists (facts/tmux.md 1). */
const NO_SERVER = /^(no server running on .*|error connecting to .* \(No such file or directory\))$/;

export function isNoServer(result: ExecResult): boolean {
  return says(result, (words) => NO_SERVER.test(words));
}

function says(result: ExecResult, what: (words: string) => boolean): boolean {
  return result.kind === 'exited' && !result.timedOut && result.code === 1 && what(result.stderr.trim());
}

export function readPane(name: string, stdout: string, knownPid: number | null): Terminal | null {
  let first: Terminal | null = null;
  for (const line of stdout.split('\n')) {
    const match = PANE_LINE.exec(line);
    if (match?.[1] !== name) continue;
    const [, , server, paneId, pid, dead, status, signal, owner, launch] = match;
    const terminal: Terminal = {
      panePid: Number(pid),
      paneId: paneId!,
      serverPid: Number(server),
      owner: owner || null,
      launch: launch || null,
      end: dead === '1' ? { code: numberOrNull(status), signal: numberOrNull(signal) } : null,
    };
    if (terminal.panePid === knownPid) return terminal;
    first ??= terminal;
  }
  return first;
}

function numberOrNull(text: string | undefined): number | null {
  return text ? Number(text) : null;
}
