import { type Command, helpOf, readArguments, usageOf } from './command.ts';
import { InputError, UsageError } from './errors.ts';
import type { Io } from './io.ts';
import { packageVersion } from './package.ts';

/** Each is loaded when it is used: what stands between a program and its provider must start soon. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  explore: async () => (await import('./commands/explore.ts')).exploreCommand,
  repro: async () => (await import('./commands/repro.ts')).reproCommandLine,
  canaries: async () => (await import('./commands/canaries.ts')).canariesCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  replay: async () => (await import('./commands/replay.ts')).replayCommand,
  record: async () => (await import('./commands/record.ts')).recordCommand,
  'stand-in': async () => (await import('./commands/stand-in.ts')).standInCommand,
  shims: async () => (await import('./commands/shims.ts')).shimsCommand,
  catalogue: async () => (await import('./commands/catalogue.ts')).catalogueCommand,
  lint: async () => (await import('./commands/lint.ts')).lintCommand,
  drift: async () => (await import('./commands/drift.ts')).driftCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
};

/** Runs one command line. Returns the exit code: 0 pass, 1 a rule was broken, 2 bad usage or input. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
      io.out(await overview());
      return 0;
    }
    if (name === '--version') {
      io.out(packageVersion());
      return 0;
    }
    if (name === 'help') {
      io.out(helpOf(await commandOf(rest[0]!)));
      return 0;
    }
    const command = await commandOf(name);
    const given = readArguments(command, rest);
    if (given.values.help) {
      io.out(helpOf(command));
      return 0;
    }
    return await command.run(io, given);
  } catch (error) {
    io.note(await complaint(error as Error));
    return 2;
  }
}

async function commandOf(name: string): Promise<Command> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) return load();
  throw new UsageError(`there is no command '${name}'; there are: ${Object.keys(COMMANDS).join(', ')}`);
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'reprise COMMAND: makes the lifecycle bugs of coding-agent orchestrators reproducible',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    "'reprise help COMMAND' says more. Exit codes: 0 pass, 1 a rule was broken, 2 bad usage or input.",
  ].join('\n');
}

async function complaint(error: Error): Promise<string> {
  if (error instanceof UsageError) {
    const command = error.command === null ? null : await commandOf(error.command);
    const usage = command ? `usage: reprise ${usageOf(command)}` : "try 'reprise help'";
    return `reprise${command ? ` ${command.name}` : ''}: ${error.message}\n${usage}`;
  }
  // By its name, which an error from a worker keeps; its class is not loaded for this.
  const expected = error instanceof InputError || error.name === 'CanaryError';
  if (expected) return `reprise: ${error.message}`;
  const stack = process.env.REPRISE_DEBUG ? `\n${error.stack}` : ' (REPRISE_DEBUG=1 shows where)';
  return `reprise: internal error: ${error.message}${stack}`;
}
