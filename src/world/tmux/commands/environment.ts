import { UnmodelledError } from '../../unmodelled.ts';
import type { Environment } from '../state.ts';
import { type Call, type Command, type CommandResult, fail, format } from './command.ts';

export const ENVIRONMENT_COMMANDS: Readonly<Record<string, Command>> = {
  'set-environment': { target: 'session', canFail: true, run: setEnvironment },
  'show-environment': { target: 'session', canFail: true, run: showEnvironment },
};

function setEnvironment(call: Call): CommandResult {
  const { command } = call;
  if (command.has('h')) throw new UnmodelledError('tmux', 'set-environment -h');
  const name = command.args[0]!;
  if (name === '') return fail(call, 'empty variable name');
  if (name.includes('=')) return fail(call, 'variable name contains =');
  const scope = scopeOf(call);
  if (typeof scope === 'string') return fail(call, scope);
  const given = command.args[1];
  if (command.has('u') || command.has('r')) {
    const flag = command.has('u') ? 'u' : 'r';
    if (given !== undefined) return fail(call, `can't specify a value with -${flag}`);
    if (flag === 'u') scope.delete(name);
    else scope.set(name, null);
    return 'ok';
  }
  if (given === undefined) return fail(call, 'no value specified');
  scope.set(name, command.has('F') ? format(call, given) : given);
  return 'ok';
}

function showEnvironment(call: Call): CommandResult {
  const { client, command } = call;
  for (const flag of 'hs') if (command.has(flag)) throw new UnmodelledError('tmux', `show-environment -${flag}`);
  const scope = scopeOf(call);
  if (typeof scope === 'string') return fail(call, scope);
  const name = command.args[0];
  if (name !== undefined && !scope.has(name)) return fail(call, `unknown variable: ${name}`);
  for (const each of name === undefined ? [...scope.keys()].sort() : [name]) {
    const value = scope.get(each);
    client.print(value == null ? `-${each}` : `${each}=${value}`);
  }
  return 'ok';
}

function scopeOf({ server, command, target }: Call): Environment | string {
  if (command.has('g')) return server.state.environment;
  const text = command.get('t');
  return target.session?.environment ?? (text === undefined ? 'no current session' : `no such session: ${text}`);
}
