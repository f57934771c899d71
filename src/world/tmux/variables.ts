import { UnmodelledError } from '../unmodelled.ts';
import type { Lookup } from './format.ts';
import { optionValue } from './options.ts';
import type { Pane, Session, State, Window } from './state.ts';
import type { Target } from './target.ts';

/** What formats need to know of the server beside its state. */
export interface FormatServer {
  readonly state: State;
  readonly pid: number;
  readonly uid: number;
  readonly socketPath: string;
  /** Virtual ms at which it started. */
  readonly startedAt: number;
  /** Seconds since the epoch at virtual time `ms`. */
  seconds(ms: number): number;
  /** Name of the program in the pane, as `ps` would show it; the last one's when it is dead. */
  currentCommand(pane: Pane): string;
}

type OfServer = (server: FormatServer) => string | number;
type OfSession = (session: Session, server: FormatServer) => string | number;
type OfWindow = (window: Window, server: FormatServer) => string | number;
type OfPane = (pane: Pane, server: FormatServer) => string | number;

const flag = (value: boolean) => (value ? '1' : '0');

const SERVER: Readonly<Record<string, OfServer>> = {
  pid: (server) => server.pid,
  version: () => '3.3a',
  socket_path: (server) => server.socketPath,
  start_time: (server) => server.seconds(server.startedAt),
  uid: (server) => server.uid,
  server_sessions: (server) => server.state.sessions.size,
  next_session_id: (server) => `$${server.state.nextSession}`,
};

const SESSION: Readonly<Record<string, OfSession>> = {
  session_id: (session) => `$${session.id}`,
  session_name: (session) => session.name,
  session_path: (session) => session.path,
  session_windows: (session) => session.windows.length,
  session_created: (session, server) => server.seconds(session.created),
  session_activity: (session, server) => server.seconds(session.created),
  session_attached: () => 0,
  session_attached_list: () => '',
  session_grouped: () => 0,
  session_group: () => '',
  session_many_attached: () => 0,
  session_last_attached: () => '',
};

const WINDOW: Readonly<Record<string, OfWindow>> = {
  window_id: (window) => `@${window.id}`,
  window_index: (window) => window.index,
  window_name: (window) => window.name,
  window_width: (window) => window.width,
  window_height: (window) => window.height,
  window_panes: (window) => window.panes.length,
  window_active: (window) => flag(window.session.current === window),
  window_flags: (window) => windowFlags(window),
  window_raw_flags: (window) => windowFlags(window),
  window_last_flag: (window) => flag(window.session.last[0] === window),
  window_zoomed_flag: () => 0,
  window_linked: () => 0,
};

const PANE: Readonly<Record<string, OfPane>> = {
  pane_id: (pane) => `%${pane.id}`,
  pane_index: (pane) => pane.index,
  pane_active: (pane) => flag(pane.window.active === pane),
  pane_pid: (pane) => pane.proc?.pid ?? '',
  pane_dead: (pane) => flag(pane.end !== null),
  pane_dead_status: (pane) => pane.end?.code ?? '',
  pane_dead_signal: (pane) => signalNumber(pane.end?.signal ?? null),
  pane_dead_time: (pane, server) => (pane.end?.at != null ? server.seconds(pane.end.at) : ''),
  pane_current_command: (pane, server) => server.currentCommand(pane),
  pane_current_path: (pane) => pane.proc?.cwd ?? '',
  pane_start_command: (pane) => pane.command.map(quoteArgument).join(' '),
  pane_start_path: (pane) => pane.path,
  pane_width: (pane) => pane.window.width,
  pane_height: (pane) => pane.window.height,
  pane_pipe: (pane) => flag(pane.pipe !== null),
  pane_in_mode: (pane) => flag(pane.mode !== null),
  pane_mode: (pane) => pane.mode ?? '',
  pane_input_off: () => 0,
  pane_synchronized: () => 0,
  alternate_on: () => 0,
  cursor_x: (pane) => pane.screen.cursor.x,
  cursor_y: (pane) => pane.screen.cursor.y,
  history_size: (pane) => pane.screen.historySize,
  history_limit: (pane) => pane.historyLimit,
};

/** Other variables that the real tmux knows: asking for one is an error of the run, not an empty string. */
const UNMODELLED =
  /^(active_window_index|alternate_saved_|buffer_|client_(?!name$|pid$|tty$)|command_list_|config_files|copy_cursor_|current_file|cursor_(character|flag)|history_|hook_|host|insert_flag|keypad_|last_(session|window)|mouse_|origin_flag|pane_(at_|bg|fg|format|last|left|right|top|bottom|marked|path|search|tabs|title|tty|unseen)|popup_|rectangle_|scroll_|search_|selection_|session_(alerts|format|group_|marked|stack)|user|window_|wrap_flag|line$|command$|hook$)/;

/** Variables of a client that is not attached: empty. */
const EMPTY = new Set(['client_name', 'client_pid', 'client_tty']);

/** Looks variables up for one target: options first, then the table, then the environment, as tmux does. */
export function variablesOf(server: FormatServer, target: Target): Lookup {
  return (name) => {
    const { session, window, pane } = target;
    if (name[0] === '@' || name.includes('-') || isPlainOption(name)) {
      const value = optionValue(server.state, target, name);
      if (value !== undefined) return value;
    }
    const value =
      (pane && PANE[name]?.(pane, server)) ??
      (window && WINDOW[name]?.(window, server)) ??
      (session && SESSION[name]?.(session, server)) ??
      SERVER[name]?.(server);
    if (value !== undefined) return String(value);
    if (Object.hasOwn(PANE, name) || Object.hasOwn(WINDOW, name) || Object.hasOwn(SESSION, name) || EMPTY.has(name))
      return '';
    if (UNMODELLED.test(name)) throw new UnmodelledError('tmux', `format variable ${name}`);
    return session?.environment.get(name) ?? server.state.environment.get(name) ?? undefined;
  };
}

/** Options whose name has no hyphen. */
function isPlainOption(name: string): boolean {
  return (
    name === 'status' ||
    name === 'mouse' ||
    name === 'prefix' ||
    name === 'prefix2' ||
    name === 'editor' ||
    name === 'backspace'
  );
}

function windowFlags(window: Window): string {
  if (window.session.current === window) return '*';
  return window.session.last[0] === window ? '-' : '';
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
};

/** Number of a signal on Linux, empty for none. */
export function signalNumber(signal: string | null): string {
  return signal === null ? '' : String(SIGNALS[signal]);
}

/** One argument as tmux shows it, quoted if it must be (measured on each special character). */
export function quoteArgument(argument: string): string {
  if (argument === '') return "''";
  const double = /[ #';${}%]/.test(argument);
  const single = !double && argument.includes('"');
  if (argument[0] === '~' || (argument.length === 1 && argument !== ' ' && (double || single))) return `\\${argument}`;
  const escaped = argument.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
  if (double) return `"${escaped.replace(/"|\$(?=[A-Za-z_{])/g, '\\$&')}"`;
  return single ? `'${escaped}'` : escaped;
}
