import type { ExecResult } from '../../ports.ts';
import { exists, missing, type Probe, unknown } from '../../probe/probe.ts';
import type { LastSeen, Terminal, WorkerEnd } from '../backend.ts';

/** tmux prints one such line for each pane. The name, which may hold blanks, comes last. */
export const PANE_FORMAT =
  '#{pid} #{pane_id} #{pane_pid} #{pane_dead} s#{pane_dead_status} g#{pane_dead_signal} #{@reprise-owner} #{@reprise-launch} #{session_name}';
const PANE_LINE = /^(\d+) (%\d+) (\d+) ([01]) s(\d*) g(\d*) (\S*) (\S*) (.+)$/;

/**
 * What `list-panes -t =NAME:` says about a session. Only tmux's own words for absence are read as absence. Its user may
 * have split the window: the pane to look for is the one that was seen before, else one with our label.
 */
export function readProbe(name: string, result: ExecResult, lastSeen: LastSeen, owner: string): Probe<Terminal> {
  if (result.kind === 'not-started') return unknown(`tmux did not start: ${result.message}`);
  // A real tmux client traps SIGTERM and exits 0: after a time-out its status means nothing (facts D1).
  if (result.timedOut) return unknown('tmux did not answer in time');
  if (result.signal !== null) return unknown(`tmux was killed by ${result.signal}`);
  if (result.code === 0) {
    const panes = readPanes(result.stdout).filter((pane) => pane.name === name);
    const known = panes.find(({ panePid }) => panePid === lastSeen.pane?.pid);
    const pane = known ?? panes.find((each) => each.owner === owner) ?? panes[0];
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

/**
 * tmux's two ways of saying that nobody listens, which depend on whether the socket file exists (facts/tmux.md 1); and
 * what it says of a server that lets nobody in: one that was told to end while a new session was on its way stays like
 * that for ever (measured on 3.3a).
 */
const NO_SERVER =
  /^(no server running on .*|error connecting to .* \(No such file or directory\)|server exited unexpectedly)$/;

export function isNoServer(result: ExecResult): boolean {
  return says(result, (words) => NO_SERVER.test(words));
}

function says(result: ExecResult, what: (words: string) => boolean): boolean {
  return result.kind === 'exited' && !result.timedOut && result.code === 1 && what(result.stderr.trim());
}

/** All panes that are listed, in tmux's order. */
export function readPanes(stdout: string): Terminal[] {
  const panes: Terminal[] = [];
  for (const line of stdout.split('\n')) {
    const match = PANE_LINE.exec(line);
    if (!match) continue;
    const [, server, paneId, pid, dead, status, signal, owner, launch, name] = match;
    panes.push({
      name: name!,
      panePid: Number(pid),
      paneId: paneId!,
      serverPid: Number(server),
      owner: owner || null,
      launch: launch || null,
      end: dead === '1' ? endOf(numberOrNull(status), numberOrNull(signal)) : null,
    });
  }
  return panes;
}

/** Of a program that ends in its first moments tmux 3.3a may never learn how, on a busy machine (measured). */
function endOf(code: number | null, signal: number | null): WorkerEnd {
  return { code, signal, lost: code === null && signal === null };
}

function numberOrNull(text: string | undefined): number | null {
  return text ? Number(text) : null;
}
