import { UnmodelledError } from '../../unmodelled.ts';
import { keyBytes } from '../keys.ts';
import { type Command, type CommandResult, type FullCall, fail, format } from './command.ts';

export const KEY_COMMANDS: Readonly<Record<string, Command>> = {
  'send-keys': { target: 'pane', run: sendKeys },
};

function sendKeys(call: FullCall): CommandResult {
  const { command, target } = call;
  const { pane } = target;
  for (const flag of 'MR') if (command.has(flag)) throw new UnmodelledError('tmux', `send-keys -${flag}`);
  const repeat = repeatCount(command.get('N'));
  if (typeof repeat === 'string') return fail(call, `repeat count ${repeat}`);
  if (command.has('X')) {
    if (pane.mode === null) return fail(call, 'not in a mode');
    throw new UnmodelledError('tmux', `send-keys -X in ${pane.mode}`);
  }
  const words = command.has('F') ? command.args.map((each) => format(call, each)) : command.args;
  let keys = '';
  for (const word of words) {
    if (command.has('H')) keys += String.fromCharCode(Number.parseInt(word, 16));
    else keys += command.has('l') ? word : keyBytes(word);
  }
  if (keys === '') return 'ok';
  if (pane.mode !== null) throw new UnmodelledError('tmux', `keys for a pane in ${pane.mode}`);
  // Keys for a dead pane are dropped.
  if (pane.end || !pane.proc?.alive) return 'ok';
  pane.tty?.input(pane.proc, keys.repeat(repeat));
  return 'ok';
}

function repeatCount(given: string | undefined): number | string {
  if (given === undefined) return 1;
  if (!/^[+-]?\d+$/.test(given)) return 'invalid';
  return Number(given) < 1 ? 'too small' : Number(given);
}
