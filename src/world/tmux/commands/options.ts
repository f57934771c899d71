import { UnmodelledError } from '../../unmodelled.ts';
import type { OptionSpec } from '../option-table.ts';
import { checkOption, matchOption, optionValue } from '../options.ts';
import type { Options, State } from '../state.ts';
import { quoteArgument } from '../variables.ts';
import { type Call, type Command, type CommandResult, fail, format } from './command.ts';

export const OPTION_COMMANDS: Readonly<Record<string, Command>> = {
  'set-option': { target: 'pane', canFail: true, run: (call) => setOption(call, false) },
  'set-window-option': { target: 'window', canFail: true, run: (call) => setOption(call, true) },
  'show-options': { target: 'pane', canFail: true, run: (call) => showOptions(call, false) },
  'show-window-options': { target: 'window', canFail: true, run: (call) => showOptions(call, true) },
};

function setOption(call: Call, window: boolean): CommandResult {
  const { server, command } = call;
  const quiet = command.has('q');
  const argument = format(call, command.args[0]!);
  const matched = matchOption(argument);
  if (typeof matched === 'string') return quiet ? 'ok' : fail(call, `${matched} option: ${argument}`);
  if (command.has('U')) throw new UnmodelledError('tmux', 'set-option -U');
  const { name, spec } = matched;
  const given = command.args[1];
  const value = given !== undefined && command.has('F') ? format(call, given) : given;
  const scope = scopeOf(call, spec, window);
  if (typeof scope === 'string') return quiet ? 'ok' : fail(call, scope);
  const present = scope.get(name);
  if (!command.has('u') && command.has('o') && present !== undefined) {
    return quiet ? 'ok' : fail(call, `already set: ${argument}`);
  }
  if (command.has('u')) {
    scope.delete(name);
    return 'ok';
  }
  if (!spec || spec.type === 'string' || spec.type === 'number' || spec.type === 'size') {
    if (value === undefined) return fail(call, 'empty value');
  }
  if (!spec) {
    scope.set(name, command.has('a') ? (present ?? '') + value! : value!);
    return 'ok';
  }
  const before = optionValue(server.state, call.target, name) ?? spec.initial;
  const wanted = command.has('a') && spec.type === 'string' ? before + value! : value;
  const checked = checkOption(spec, wanted, before);
  if ('error' in checked) return fail(call, checked.error);
  scope.set(name, checked.value);
  return 'ok';
}

function showOptions(call: Call, window: boolean): CommandResult {
  const { server, client, command } = call;
  if (command.has('H')) throw new UnmodelledError('tmux', 'show-options -H');
  const argument = command.args[0];
  if (argument === undefined) return showAll(call, window);
  const expanded = format(call, argument);
  const matched = matchOption(expanded);
  if (typeof matched === 'string') {
    return command.has('q') ? 'ok' : fail(call, `${matched} option: ${expanded}`);
  }
  const { name, spec } = matched;
  const scope = scopeOf(call, spec, window);
  if (typeof scope === 'string') return command.has('q') ? 'ok' : fail(call, scope);
  const own = scope.get(name) ?? (isGlobal(server.state, scope) ? spec?.initial : undefined);
  const value = own ?? (command.has('A') ? optionValue(server.state, call.target, name) : undefined);
  if (value === undefined) {
    return spec || command.has('q') ? 'ok' : fail(call, `invalid option: ${expanded}`);
  }
  if (spec?.type === 'other') throw new UnmodelledError('tmux', `showing option ${name}`);
  client.print(line(call, name, spec, value, own === undefined));
  return 'ok';
}

/** Without a name: what is set in the scope that the flags name. */
function showAll(call: Call, window: boolean): CommandResult {
  const { server, client, command } = call;
  const scope = scopeByFlags(call, window);
  if (typeof scope === 'string') return command.has('q') ? 'ok' : fail(call, scope);
  if (isGlobal(server.state, scope) || command.has('A'))
    throw new UnmodelledError('tmux', 'listing all global options');
  for (const name of [...scope.keys()].sort()) {
    const matched = matchOption(name);
    if (typeof matched !== 'string') client.print(line(call, name, matched.spec, scope.get(name)!, false));
  }
  return 'ok';
}

function line({ command }: Call, name: string, spec: OptionSpec | null, value: string, inherited: boolean): string {
  if (command.has('v')) return value;
  const shown = !spec || spec.type === 'string' ? quoteArgument(value) : value;
  return `${name}${inherited ? '*' : ''} ${shown}`;
}

function isGlobal(state: State, scope: Options): boolean {
  return scope === state.serverOptions || scope === state.sessionOptions || scope === state.windowOptions;
}

/** The set of options that a name belongs to, or tmux's complaint. */
function scopeOf(call: Call, spec: OptionSpec | null, window: boolean): Options | string {
  if (!spec) return scopeByFlags(call, window);
  const { state } = call.server;
  if (spec.scope === 'server') return state.serverOptions;
  if (spec.scope === 'session') return call.command.has('g') ? state.sessionOptions : sessionScope(call);
  if (spec.scope === 'pane' && call.command.has('p')) return paneScope(call);
  return call.command.has('g') ? state.windowOptions : windowScope(call);
}

/** The same for `@user` options, which live where the flags say. */
function scopeByFlags(call: Call, window: boolean): Options | string {
  const { command, server } = call;
  const { state } = server;
  if (command.has('s')) return state.serverOptions;
  if (command.has('p')) return paneScope(call);
  if (window || command.has('w')) return command.has('g') ? state.windowOptions : windowScope(call);
  return command.has('g') ? state.sessionOptions : sessionScope(call);
}

function sessionScope({ target, command }: Call): Options | string {
  return target.session?.options ?? nothing('session', command.get('t'));
}

function windowScope({ target, command }: Call): Options | string {
  return target.window?.options ?? nothing('window', command.get('t'));
}

function paneScope({ target, command }: Call): Options | string {
  return target.pane?.options ?? nothing('pane', command.get('t'));
}

function nothing(what: string, text: string | undefined): string {
  return text === undefined ? `no current ${what}` : `no such ${what}: ${text}`;
}
