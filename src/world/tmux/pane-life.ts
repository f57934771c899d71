import type { Signal } from '../../core/ports.ts';
import { currentCommand } from './names.ts';
import { knownOption } from './options.ts';
import type { TmuxServer } from './server.ts';
import { hangUp } from './spawn.ts';
import type { Pane, State } from './state.ts';
import { clock } from './time.ts';
import { signalNumber } from './variables.ts';

/** A window is named after its command at most this often; virtual ms. */
const RENAME_MS = 500;

/** What the terminal of a pane shows: it is on its screen, and copied to its pipe, when the server has read it. */
export function paneShows(server: TmuxServer, pane: Pane, text: string): void {
  server.proc.whenRunning(() => {
    if (!server.state.panes.has(pane.id)) return;
    pane.screen.write(text);
    pane.pipe?.feed(text);
    nameAfterCommand(server, pane);
  });
}

/**
 * The pane's terminal closed with its program. A pane that remains counts as dead from then on; how its program ended the
 * server knows only when it has waited for it. A server that was started with a program which ends at once may miss that
 * end: the program stays a zombie until the next one ends (measured with 3.3a on a busy machine, 6 of 60 times).
 */
export function paneClosed({ state }: TmuxServer, pane: Pane): void {
  if (state.panes.get(pane.id) === pane && remains(pane, state)) pane.end ??= { code: null, signal: null, at: null };
}

/** The pane's program ended, and the server noticed: the pane goes too, unless it is told to remain. */
export function paneEnded(server: TmuxServer, pane: Pane, code: number | null, signal: Signal | null): void {
  const { machine, state } = server;
  for (const missed of server.endsMissed.splice(0)) missed();
  if (state.panes.get(pane.id) !== pane || (pane.end && pane.end.at !== null)) return;
  // Whoever shared the terminal loses it with its session's leader.
  hangUp(machine, pane);
  const remain = remains(pane, state);
  if (remain === 'on' || (remain === 'failed' && code !== 0)) {
    const at = machine.kernel.now;
    pane.end = { code, signal, at };
    const how = signal === null ? `status ${code}` : `signal ${signalNumber(signal)}`;
    pane.screen.appendBottomLine(`Pane is dead (${how}, ${clock(String(server.seconds(at)))})`);
    return;
  }
  const how = signal ?? `exit ${code}`;
  server.destroyPane(pane, 'ended', `pane %${pane.id} (pid ${pane.proc?.pid}): ${how}`);
  server.exitIfIdle();
}

function remains(pane: Pane, state: State): 'on' | 'failed' | null {
  const { window } = pane;
  const remain = knownOption(state, { session: window.session, window, pane }, 'remain-on-exit');
  return remain === 'on' || remain === 'failed' ? remain : null;
}

/**
 * Names a window after its active pane's command when that has changed. Just after a start the real server may still
 * catch the name of the shell: that race is not modelled, the name is the one it settles on.
 */
function nameAfterCommand(server: TmuxServer, pane: Pane): void {
  const { window } = pane;
  if (!window.automaticName || window.active !== pane || currentCommand(pane) === window.name) return;
  const { now } = server.machine.kernel;
  const due = pane.namedAt + RENAME_MS;
  if (now < due) {
    pane.namedAt = Number.POSITIVE_INFINITY;
    server.proc.after(due - now, () => {
      pane.namedAt = server.machine.kernel.now;
      if (window.automaticName) window.name = currentCommand(pane);
    });
  } else if (pane.namedAt !== Number.POSITIVE_INFINITY) {
    pane.namedAt = now;
    window.name = currentCommand(pane);
  }
}
