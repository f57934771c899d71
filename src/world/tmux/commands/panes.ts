import { UnmodelledError } from '../../unmodelled.ts';
import { startShell } from '../job.ts';
import { hangUp, startPane } from '../spawn.ts';
import { withTime } from '../time.ts';
import { type Call, type Command, type CommandResult, type FullCall, fail, format } from './command.ts';
import { directory } from './session.ts';

export const PANE_COMMANDS: Readonly<Record<string, Command>> = {
  'capture-pane': { target: 'pane', run: capturePane },
  'show-buffer': { target: null, run: showBuffer },
  'pipe-pane': { target: 'pane', run: pipePane },
  'respawn-pane': { target: 'pane', run: respawnPane },
};

function capturePane(call: FullCall): CommandResult {
  const { server, client, command } = call;
  for (const flag of 'CP') if (command.has(flag)) throw new UnmodelledError('tmux', `capture-pane -${flag}`);
  let text = '';
  if (command.has('a')) {
    if (!command.has('q')) return fail(call, 'no alternate screen');
  } else text = captured(call);
  if (command.has('p')) {
    client.printRaw(text.endsWith('\n') ? text : `${text}\n`);
    return 'ok';
  }
  const { state } = server;
  const name = command.get('b') ?? `buffer${state.nextBuffer++}`;
  const at = state.buffers.findIndex((each) => each.name === name);
  if (at >= 0) state.buffers.splice(at, 1);
  if (text !== '') state.buffers.unshift({ name, text });
  return 'ok';
}

function captured({ command, target }: FullCall): string {
  const { screen } = target.pane;
  const style = { escapes: command.has('e'), join: command.has('J'), keepTrailing: command.has('N') };
  const top = -screen.historySize;
  const bottom = screen.rows - 1;
  const first = captureLine(command.get('S'), top, 0, top, bottom);
  const last = captureLine(command.get('E'), bottom, bottom, top, bottom);
  return screen.capture(Math.min(first, last), Math.max(first, last), style);
}

/** `-` means `all`; something that is no number is ignored; what lies outside is brought inside. */
function captureLine(given: string | undefined, all: number, usual: number, top: number, bottom: number): number {
  if (given === undefined) return usual;
  if (given === '-') return all;
  if (!/^\s*[+-]?\d+$/.test(given)) return usual;
  return Math.max(top, Math.min(bottom, Number(given)));
}

function showBuffer(call: Call): CommandResult {
  const { server, client, command } = call;
  const name = command.get('b');
  const { buffers } = server.state;
  const buffer = name === undefined ? buffers[0] : buffers.find((each) => each.name === name);
  if (!buffer) return fail(call, name === undefined ? 'no buffers' : `no buffer ${name}`);
  client.printRaw(buffer.text);
  return 'ok';
}

function pipePane(call: FullCall): CommandResult {
  const { server, command, target } = call;
  const { pane } = target;
  if (command.has('I')) throw new UnmodelledError('tmux', 'pipe-pane -I');
  if (pane.end) return fail(call, 'target pane has exited');
  const before = pane.pipe;
  before?.feedEnd();
  pane.pipe = null;
  const text = command.args[0] ?? '';
  if (text === '' || (command.has('o') && before)) return 'ok';
  const { proc, machine } = server;
  const pipe = startShell(
    server,
    format(call, withTime(server, text)),
    { cwd: proc.cwd, session: target.session },
    {
      stdout() {},
      exited: () => {
        proc.after(1, () => {
          machine.reap(pipe);
          if (pane.pipe === pipe) pane.pipe = null;
        });
      },
    },
  );
  pane.pipe = pipe;
  return 'ok';
}

function respawnPane(call: FullCall): CommandResult {
  const { server, client, command, target } = call;
  const { pane, window, session } = target;
  if (!pane.end) {
    if (!command.has('k')) {
      return fail(call, `respawn pane failed: pane ${session.name}:${window.index}.${pane.index} still active`);
    }
    hangUp(server.machine, pane);
  }
  pane.pipe?.feedEnd();
  pane.pipe = null;
  pane.mode = null;
  pane.clearScreen();
  startPane(server, pane, {
    argv: command.args.length > 0 ? command.args : pane.command,
    cwd: command.has('c') ? directory(call, session) : pane.path,
    path: client.proc.env.PATH,
    extraEnvironment: command.all('e'),
  });
  return 'ok';
}
