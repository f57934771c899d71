import { UnmodelledError } from '../../unmodelled.ts';
import { knownOption } from '../options.ts';
import { startPane } from '../spawn.ts';
import { type Command, type CommandResult, type FullCall, fail, format } from './command.ts';
import { createWindow, directory, nameNew, targetOf } from './session.ts';

export const WINDOW_COMMANDS: Readonly<Record<string, Command>> = {
  'new-window': { target: 'session', run: newWindow },
  'kill-window': { target: 'window', run: killWindow },
  'kill-pane': { target: 'pane', run: killPane },
  'rename-window': { target: 'window', run: renameWindow },
  'select-window': { target: 'window', run: selectWindow },
};

/** Only `-t SESSION:` (or nothing) is known as its target: the first free index is taken. */
function newWindow(call: FullCall): CommandResult {
  const { server, client, command, target } = call;
  for (const flag of 'abkS') if (command.has(flag)) throw new UnmodelledError('tmux', `new-window -${flag}`);
  const text = command.get('t');
  if (text !== undefined && !/^[^:.]+:$/.test(text)) throw new UnmodelledError('tmux', `new-window -t ${text}`);
  const { session } = target;
  const holder = { session, window: null, pane: null };
  const [width, height] = knownOption(server.state, holder, 'default-size').split('x').map(Number);
  const window = createWindow(call, session, { width: width!, height: height! });
  startPane(server, window.active, {
    argv: command.args,
    cwd: directory(call, session),
    path: client.proc.env.PATH,
    extraEnvironment: command.all('e'),
  });
  nameNew(call, window, command.get('n'));
  if (!command.has('d')) session.select(window);
  const template = command.get('F') ?? '#{session_name}:#{window_index}.#{pane_index}';
  if (command.has('P')) client.print(format(call, template, targetOf(window)));
  return 'ok';
}

function killWindow({ server, command, target }: FullCall): CommandResult {
  const { window, session } = target;
  if (!command.has('a')) server.destroyWindow(window, 'killed', server.by('kill-window'));
  else {
    for (const other of [...session.windows]) {
      if (other !== window) server.destroyWindow(other, 'killed', server.by('kill-window -a'));
    }
  }
  return 'ok';
}

function killPane({ server, command, target }: FullCall): CommandResult {
  const { pane, window } = target;
  if (!command.has('a')) server.destroyPane(pane, 'killed', server.by('kill-pane'));
  else {
    for (const other of [...window.panes]) {
      if (other !== pane) server.destroyPane(other, 'killed', server.by('kill-pane -a'));
    }
  }
  return 'ok';
}

function renameWindow(call: FullCall): CommandResult {
  const { window } = call.target;
  window.name = format(call, call.command.args[0]!);
  window.automaticName = false;
  return 'ok';
}

function selectWindow(call: FullCall): CommandResult {
  const { command, target } = call;
  for (const flag of 'lnpT') if (command.has(flag)) throw new UnmodelledError('tmux', `select-window -${flag}`);
  if (command.get('t') === undefined) return fail(call, 'no current target');
  target.session.select(target.window);
  return 'ok';
}
