import { posix } from 'node:path';
import { UnmodelledError } from '../../unmodelled.ts';
import { nameWindow, sessionName } from '../names.ts';
import { knownOption } from '../options.ts';
import { startPane } from '../spawn.ts';
import { type Environment, Pane, Session, Window } from '../state.ts';
import { findTarget } from '../target.ts';
import { type Call, type Command, type CommandResult, type FullCall, fail, format } from './command.ts';

/** Variables that a new session takes from its client, or hides if the client has none. */
const FROM_CLIENT = [
  'DISPLAY',
  'KRB5CCNAME',
  'SSH_ASKPASS',
  'SSH_AUTH_SOCK',
  'SSH_AGENT_PID',
  'SSH_CONNECTION',
  'WINDOWID',
  'XAUTHORITY',
];

const NO_TERMINAL = 'open terminal failed: not a terminal';

export const SESSION_COMMANDS: Readonly<Record<string, Command>> = {
  'new-session': { target: 'session', canFail: true, run: newSession },
  'has-session': { target: 'session', run: (): CommandResult => 'ok' },
  'kill-session': { target: 'session', run: killSession },
  'rename-session': { target: 'session', run: renameSession },
  'attach-session': { target: null, run: attachSession },
  'kill-server': { target: null, run: killServer },
  'start-server': { target: null, run: (): CommandResult => 'ok' },
};

function newSession(call: Call): CommandResult {
  const { server, client, command } = call;
  const { state } = server;
  if (command.has('t')) throw new UnmodelledError('tmux', 'new-session -t (session groups)');
  const given = command.get('s');
  let name: string | null = null;
  if (given !== undefined) {
    const expanded = format(call, given);
    name = sessionName(expanded);
    if (name === null) return fail(call, `invalid session: ${expanded}`);
  }
  const exists = name !== null && state.sessions.has(name);
  if (exists && command.has('A')) return fail(call, NO_TERMINAL);
  if (exists) return fail(call, `duplicate session: ${name}`);
  if (!command.has('d')) return fail(call, NO_TERMINAL);
  const width = dimension(call, 'x', 'width');
  const height = dimension(call, 'y', 'height');
  if (typeof width === 'string') return fail(call, width);
  if (typeof height === 'string') return fail(call, height);

  const session = createSession(call, name);
  if (width !== null || height !== null) session.options.set('default-size', `${width ?? 80}x${height ?? 24}`);
  const [columns, rows] = knownOption(state, { session, window: null, pane: null }, 'default-size')
    .split('x')
    .map(Number);
  const title = command.get('n');
  const window = createWindow(call, session, { width: width ?? columns!, height: height ?? rows! });
  session.current = window;
  server.sessionCreated(session);
  startPane(server, window.active, {
    argv: command.args,
    cwd: directory(call, session),
    path: client.proc.env.PATH,
    extraEnvironment: [],
  });
  nameNew(call, window, title);
  if (command.has('P')) client.print(format(call, command.get('F') ?? '#{session_name}:', targetOf(window)));
  return 'ok';
}

function createSession(call: Call, name: string | null): Session {
  const { server, client, command } = call;
  const { state } = server;
  let id = state.nextSession++;
  while (name === null && state.sessions.has(String(id))) id = state.nextSession++;
  const environment: Environment = new Map();
  if (!command.has('E')) {
    for (const each of FROM_CLIENT) environment.set(each, client.proc.env[each] ?? null);
  }
  for (const each of command.all('e')) {
    const equals = each.indexOf('=');
    if (equals > 0) environment.set(each.slice(0, equals), each.slice(equals + 1));
  }
  const now = { created: server.machine.kernel.now, activity: state.nextActivity++ };
  const session = new Session(id, name ?? String(id), now, directory(call, null), environment);
  state.addSession(session);
  return session;
}

/** Adds a window with one pane at the lowest free index from `base-index` on, or at `index`. */
export function createWindow(
  { server }: Call,
  session: Session,
  size: { readonly width: number; readonly height: number },
  index?: number,
): Window {
  const { state } = server;
  let free = index ?? Number(knownOption(state, { session, window: null, pane: null }, 'base-index'));
  while (index === undefined && session.windows.some((each) => each.index === free)) free++;
  const window = new Window(state.nextWindow++, session, free, size);
  state.windows.set(window.id, window);
  session.windows.push(window);
  session.windows.sort((left, right) => left.index - right.index);
  const limit = Number(knownOption(state, { session, window: null, pane: null }, 'history-limit'));
  const pane = new Pane(state.nextPane++, window, limit);
  state.panes.set(pane.id, pane);
  window.panes.push(pane);
  window.active = pane;
  return window;
}

/** Names a window that was just started, by `-n` or after its command. */
export function nameNew(call: Call, window: Window, title: string | undefined): void {
  window.automaticName =
    title === undefined &&
    knownOption(call.server.state, { session: window.session, window, pane: null }, 'automatic-rename') === 'on';
  if (title === undefined) nameWindow(window);
  else window.name = format(call, title, targetOf(window));
}

export function targetOf(window: Window): FullCall['target'] {
  return { session: window.session, window, pane: window.active };
}

/** Where a new pane starts: `-c` against the client's directory, else that; `$HOME` if the client's was deleted. */
export function directory(call: Call, session: Session | null): string {
  const { server, client, command } = call;
  const home = server.proc.env.HOME ?? '/';
  const own = server.world.files.isDirectory(client.proc.cwd) ? client.proc.cwd : home;
  const given = command.get('c');
  if (given === undefined) return own;
  const expanded = format(call, given, {
    session,
    window: session?.current ?? null,
    pane: session?.current?.active ?? null,
  });
  return expanded === '' ? own : posix.resolve(own, expanded);
}

function dimension({ command }: Call, flag: string, word: string): number | null | string {
  if (!command.has(flag)) return null;
  const value = command.get(flag);
  if (value === undefined)
    throw new UnmodelledError('tmux', `new-session -${flag} without a value (the real server crashes)`);
  if (value === '-') return flag === 'x' ? 80 : 24;
  if (!/^\s*[+-]?\d+$/.test(value)) return `${word} invalid`;
  const number = Number(value);
  if (number < 1) return `${word} too small`;
  return number > 65_535 ? `${word} too large` : number;
}

function killSession(call: FullCall): CommandResult {
  const { server, command, target } = call;
  if (command.has('C')) return 'ok';
  if (!command.has('a')) server.killSession(target.session, 'kill-session');
  else
    for (const each of [...server.state.sorted])
      if (each !== target.session) server.killSession(each, 'kill-session -a');
  return 'ok';
}

function renameSession(call: FullCall): CommandResult {
  const { server, command, target } = call;
  const { session } = target;
  const expanded = format(call, command.args[0]!);
  const name = sessionName(expanded);
  if (name === null) return fail(call, `invalid session: ${expanded}`);
  if (name === session.name) return 'ok';
  if (server.state.sessions.has(name)) return fail(call, `duplicate session: ${name}`);
  const before = session.name;
  server.state.renameSession(session, name);
  server.sessionRenamed(session, before);
  return 'ok';
}

/** Nobody under simulation has a terminal to attach from. */
function attachSession(call: Call): CommandResult {
  const { server, client, command } = call;
  if (server.state.sessions.size === 0) return fail(call, 'no sessions');
  const text = command.get('t');
  const type = text !== undefined && /[:.]/.test(text) ? 'pane' : 'session';
  const target = findTarget(server.state, text, type, server.current(client));
  return fail(call, 'words' in target ? target.words : NO_TERMINAL);
}

function killServer({ server }: Call): CommandResult {
  server.shutDown(server.by('kill-server'));
  return 'ok';
}
