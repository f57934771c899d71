import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';
import type { Io } from './io.ts';

/** An option of a command. `value` is the name of its value in the help; without it the option is a switch. */
export interface Option {
  readonly value?: string;
  readonly help: string;
}

/** What was typed behind the name of a command. */
export interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What may follow the options, e.g. `FILE` or `[FILE…]`; empty for nothing. */
  readonly operands: string;
  /** Least and greatest number of operands. */
  readonly count: readonly [number, number];
  /** Takes a command line behind `--`. */
  readonly takesRest?: true;
  readonly options: Readonly<Record<string, Option>>;
  /** Further paragraphs of the help. */
  readonly details: string;
  /** Does it. Returns the exit code: 0 pass, 1 a rule was broken. Throws for exit code 2. */
  run(io: Io, given: Given): Promise<number>;
}

/** Reads the arguments of a command. Throws {@link UsageError}. */
export function readArguments(command: Command, args: readonly string[]): Given {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  const rest = end < 0 ? [] : args.slice(end + 1);
  const bad = (message: string) => new UsageError(message, command.name);
  if (end >= 0 && !command.takesRest) throw bad("it takes no '--'");
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  options.help = { type: 'boolean' };
  let parsed: { values: Given['values']; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...own], options, allowPositionals: true, strict: true }) as typeof parsed;
  } catch (error) {
    throw bad(reasonOf(error as Error, command));
  }
  const { values, positionals } = parsed;
  if (values.help) return { values, positionals, rest };
  const [least, most] = command.count;
  if (positionals.length < least) throw bad(`it needs ${command.operands}`);
  if (positionals.length > most) {
    throw bad(
      `unexpected '${positionals[most]}': ${most === 0 ? 'it takes no operands' : `it takes ${command.operands}`}`,
    );
  }
  return { values, positionals, rest };
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help }]) => [
    `--${name}${value ? ` ${value}` : ''}`,
    help,
  ]);
  const width = Math.max(0, ...options.map(([flag]) => flag!.length));
  return [
    `reprise ${usageOf(command)}`,
    '',
    command.summary,
    ...(command.details === '' ? [] : ['', command.details]),
    ...(options.length === 0 ? [] : ['', 'Options:']),
    ...options.map(([flag, help]) => `  ${flag!.padEnd(width)}  ${help}`),
  ].join('\n');
}

export function usageOf({ name, options, operands, takesRest }: Command): string {
  const flags = Object.entries(options).map(([flag, { value }]) => `[--${flag}${value ? ` ${value}` : ''}]`);
  return [name, ...flags, operands, takesRest ? '-- COMMAND…' : ''].filter((part) => part !== '').join(' ');
}

/** The value of a numeric option. Throws {@link UsageError}. */
export function integerOption(
  command: string,
  given: Given,
  name: string,
  usual: number,
  least: number,
  most = 2 ** 31,
): number {
  const text = given.values[name];
  if (typeof text !== 'string') return usual;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not '${text}'`, command);
}

export function textOption(given: Given, name: string): string | undefined {
  const value = given.values[name];
  return typeof value === 'string' ? value : undefined;
}

/** What `parseArgs` complains of, in this program's words. */
function reasonOf(error: Error, { options }: Command): string {
  const flag = /'(--?[^\s'=<]+)/.exec(error.message)?.[1] ?? '';
  const known = Object.keys(options).map((name) => `--${name}`);
  if ((error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return `there is no option ${flag}; there are: ${[...known, '--help'].join(', ')}`;
  }
  const value = options[flag.replace(/^--/, '')]?.value;
  return value === undefined ? `${flag} takes no value` : `${flag} needs a value: ${flag} ${value}`;
}
