import { UnmodelledError } from '../../unmodelled.ts';
import { commandWords } from '../command-string.ts';
import { isTrue } from '../format.ts';
import { startJob } from '../job.ts';
import { parseSequence } from '../parse.ts';
import { signalNumber } from '../variables.ts';
import { type Call, type Command, type CommandResult, fail, format } from './command.ts';

export const JOB_COMMANDS: Readonly<Record<string, Command>> = {
  'run-shell': { target: 'pane', canFail: true, run: runShell },
  'if-shell': { target: 'pane', canFail: true, run: ifShell },
  'wait-for': { target: null, run: waitFor },
};

/** Waits for the command; its exit status becomes the client's, its output lies over the target pane. */
function runShell(call: Call): CommandResult {
  const { server, client, command, target } = call;
  for (const flag of 'dC') if (command.has(flag)) throw new UnmodelledError('tmux', `run-shell -${flag}`);
  if (command.args.length === 0) return 'ok';
  const text = format(call, command.args[0]!);
  const where = { cwd: client.proc.cwd, session: target.session };
  const background = command.has('b');
  startJob(server, text, where, (output, code, signal) => {
    const status = signal === null ? code! : 128 + Number(signalNumber(signal));
    if (output !== '' || status !== 0) {
      if (target.pane) target.pane.mode = 'view-mode';
      else if (!background) showOutput(call, text, output, code, signal);
    }
    if (background) return;
    client.status = status;
    server.proceed(client);
  });
  return background ? 'ok' : 'wait';
}

function showOutput({ client }: Call, text: string, output: string, code: number | null, signal: string | null): void {
  for (const line of output.split('\n').slice(0, output.endsWith('\n') ? -1 : undefined)) client.print(line);
  if (signal !== null) client.print(`'${text}' terminated by signal ${signalNumber(signal)}`);
  else if (code !== 0) client.print(`'${text}' returned ${code}`);
}

function ifShell(call: Call): CommandResult {
  const { server, client, command, target } = call;
  const condition = format(call, command.args[0]!);
  const choose = (yes: boolean): CommandResult => {
    const text = command.args[yes ? 1 : 2];
    if (text === undefined) return 'ok';
    const sequence = parseSequence(commandWords(text));
    if (sequence.kind === 'error') return fail(call, sequence.message);
    client.pending.push([...sequence.commands]);
    return 'ok';
  };
  if (command.has('F')) return choose(isTrue(condition));
  if (command.has('b')) throw new UnmodelledError('tmux', 'if-shell -b');
  startJob(server, condition, { cwd: client.proc.cwd, session: target.session }, (_, code) => {
    choose(code === 0);
    server.proceed(client);
  });
  return 'wait';
}

function waitFor(call: Call): CommandResult {
  const { server, client, command } = call;
  const { channels } = server;
  const name = command.args[0]!;
  const goOn = () => server.proceed(client);
  if (command.has('S')) {
    channels.signal(name);
    return 'ok';
  }
  if (command.has('L')) return channels.lock(name, goOn) ? 'ok' : 'wait';
  if (command.has('U')) return channels.unlock(name) ? 'ok' : fail(call, `channel ${name} not locked`);
  return channels.wait(name, goOn) ? 'ok' : 'wait';
}
