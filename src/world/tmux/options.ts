import { UnmodelledError } from '../unmodelled.ts';
import { OPTIONS, type OptionSpec } from './option-table.ts';
import type { Options, Pane, Session, State, Window } from './state.ts';

/** Whose options a name is looked up in, from the innermost scope outwards. */
export interface OptionHolder {
  readonly session: Session | null;
  readonly window: Window | null;
  readonly pane: Pane | null;
}

/** Finds an option by name or unique prefix; `@user` names are free. */
export function matchOption(
  name: string,
): { readonly name: string; readonly spec: OptionSpec | null } | 'ambiguous' | 'invalid' {
  if (name.startsWith('@')) return { name, spec: null };
  if (name.includes('[')) throw new UnmodelledError('tmux', `array option ${name}`);
  const exact = OPTIONS.get(name);
  if (exact) return { name, spec: exact };
  const found = name === '' ? [] : [...OPTIONS.values()].filter((each) => each.name.startsWith(name));
  if (found.length > 1) return 'ambiguous';
  return found.length === 0 ? 'invalid' : { name: found[0]!.name, spec: found[0]! };
}

/** The value an object has for an option, set there or inherited; undefined for a `@user` option that nobody set. */
export function optionValue(state: State, holder: OptionHolder, name: string): string | undefined {
  const spec = OPTIONS.get(name);
  for (const scope of scopesOf(state, holder)) {
    const value = scope.get(name);
    if (value !== undefined) return value;
  }
  if (!spec) return undefined;
  if (spec.type === 'other') throw new UnmodelledError('tmux', `the value of option ${name}`);
  return spec.initial;
}

/** Same for an option of which the table knows the default. */
export function knownOption(state: State, holder: OptionHolder, name: string): string {
  const value = optionValue(state, holder, name);
  if (value === undefined) throw new Error(`tmux has no option ${name}`);
  return value;
}

function* scopesOf(state: State, holder: OptionHolder): Iterable<Options> {
  yield state.serverOptions;
  if (holder.pane) yield holder.pane.options;
  if (holder.window) yield holder.window.options;
  yield state.windowOptions;
  if (holder.session) yield holder.session.options;
  yield state.sessionOptions;
}

/** Checks a new value and brings it to the form in which tmux stores it. `before` is the present one. */
export function checkOption(
  spec: OptionSpec,
  value: string | undefined,
  before: string,
): { readonly value: string } | { readonly error: string } {
  switch (spec.type) {
    case 'string':
      return { value: value ?? '' };
    case 'flag':
      if (value === undefined || value === '') return { value: before === 'on' ? 'off' : 'on' };
      if (['1', 'on', 'yes'].includes(value.toLowerCase())) return { value: 'on' };
      if (['0', 'off', 'no'].includes(value.toLowerCase())) return { value: 'off' };
      return { error: `bad value: ${value}` };
    case 'choice':
      if (value === undefined) {
        const at = spec.choices.indexOf(before);
        return { value: at === 0 ? spec.choices[1]! : at === 1 ? spec.choices[0]! : before };
      }
      return spec.choices.includes(value) ? { value } : { error: `unknown value: ${value}` };
    case 'number':
      return checkNumber(value ?? '', spec.least);
    case 'size': {
      const size = /^(\d+)x(\d+)$/.exec(value ?? '');
      return size ? { value: value! } : { error: `value is invalid: ${value ?? ''}` };
    }
    case 'other':
      throw new UnmodelledError('tmux', `setting option ${spec.name}`);
  }
}

function checkNumber(value: string, least: number): { readonly value: string } | { readonly error: string } {
  if (!/^[+-]?\d+$/.test(value)) return { error: `value is invalid: ${value}` };
  const number = Number(value);
  if (number < least) return { error: `value is too small: ${value}` };
  if (number > 2_147_483_647) return { error: `value is too large: ${value}` };
  return { value: String(number) };
}
