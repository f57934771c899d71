import { UnmodelledError } from '../../unmodelled.ts';
import { isTrue } from '../format.ts';
import type { Window } from '../state.ts';
import type { Target } from '../target.ts';
import { withTime } from '../time.ts';
import { type Call, type Command, type CommandResult, type FullCall, format } from './command.ts';

const SESSION_LINE =
  '#{session_name}: #{session_windows} windows (created #{t:session_created})#{?session_grouped, (group ,}#{session_group}#{?session_grouped,),}#{?session_attached, (attached),}';

const WINDOW_LINE =
  '#{window_index}: #{window_name}#{window_raw_flags} (#{window_panes} panes) [#{window_width}x#{window_height}] [layout #{window_layout}] #{window_id}#{?window_active, (active),}';

const PANE_LINE =
  '[#{pane_width}x#{pane_height}] [history #{history_size}/#{history_limit}, #{history_bytes} bytes] #{pane_id}#{?pane_active, (active),}#{?pane_dead, (dead),}';

const MESSAGE = '[#{session_name}] #{window_index}:#{window_name}, current pane #{pane_index} - (%H:%M %d-%b-%y)';

export const LIST_COMMANDS: Readonly<Record<string, Command>> = {
  'list-sessions': { target: null, run: listSessions },
  'list-windows': { target: 'session', run: listWindows },
  'list-panes': { target: 'window', run: listPanes },
  'list-clients': { target: 'session', run: (): CommandResult => 'ok' },
  'display-message': { target: 'pane', canFail: true, run: displayMessage },
};

/** Prints a line for each target that passes the filter `-f`. */
function list(call: Call, targets: Iterable<Target>, usual: string): CommandResult {
  const template = call.command.get('F') ?? usual;
  const filter = call.command.get('f');
  for (const target of targets) {
    if (filter !== undefined && !isTrue(format(call, filter, target))) continue;
    call.client.print(format(call, template, target));
  }
  return 'ok';
}

function listSessions(call: Call): CommandResult {
  const targets = call.server.state.sorted.map((session) => ({
    session,
    window: session.current,
    pane: session.current.active,
  }));
  return list(call, targets, SESSION_LINE);
}

function listWindows(call: FullCall): CommandResult {
  const { server, command, target } = call;
  const all = command.has('a');
  const sessions = all ? server.state.sorted : [target.session];
  const targets = sessions.flatMap((session) =>
    session.windows.map((window) => ({ session, window, pane: window.active })),
  );
  return list(call, targets, all ? `#{session_name}:${WINDOW_LINE}` : WINDOW_LINE);
}

function listPanes(call: FullCall): CommandResult {
  const { server, command, target } = call;
  const ofSession = command.has('s');
  const all = command.has('a');
  let windows: readonly Window[] = [target.window];
  if (all) windows = server.state.sorted.flatMap((session) => session.windows);
  else if (ofSession) windows = target.session.windows;
  const targets = windows.flatMap((window) => window.panes.map((pane) => ({ session: window.session, window, pane })));
  if (all) return list(call, targets, `#{session_name}:#{window_index}.#{pane_index}: ${PANE_LINE}`);
  return list(call, targets, ofSession ? `#{window_index}.#{pane_index}: ${PANE_LINE}` : `#{pane_index}: ${PANE_LINE}`);
}

function displayMessage(call: Call): CommandResult {
  const { client, command } = call;
  for (const flag of 'aIv') if (command.has(flag)) throw new UnmodelledError('tmux', `display-message -${flag}`);
  if (command.has('F') && command.args.length > 0) {
    client.complain('only one of -F or argument must be given');
    return 'error';
  }
  const text = format(call, withTime(call.server, command.args[0] ?? command.get('F') ?? MESSAGE));
  // Without -p it goes to the status line of an attached client, of which there is none.
  if (command.has('p')) client.print(text);
  return 'ok';
}
