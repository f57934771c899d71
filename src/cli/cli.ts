import { CanaryError } from '../explore/canaries.ts';
import { type Command, helpOf, readArguments, usageOf } from './command.ts';
import { canariesCommand } from './commands/canaries.ts';
import { demoCommand } from './commands/demo.ts';
import { driftCommand } from './commands/drift.ts';
import { exploreCommand } from './commands/explore.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { lintCommand } from './commands/lint.ts';
import { recordCommand } from './commands/record.ts';
import { replayCommand } from './commands/replay.ts';
import { reportCommand } from './commands/report.ts';
import { reproCommandLine } from './commands/repro.ts';
import { shimsCommand } from './commands/shims.ts';
import { standInCommand } from './commands/stand-in.ts';
import { InputError, UsageError } from './errors.ts';
import type { Io } from './io.ts';
import { packageVersion } from './package.ts';

const COMMANDS: readonly Command[] = [
  demoCommand,
  exploreCommand,
  reproCommandLine,
  canariesCommand,
  reportCommand,
  replayCommand,
  recordCommand,
  standInCommand,
  shimsCommand,
  lintCommand,
  driftCommand,
  importCommand,
  exportCommand,
];

/** Runs one command line. Returns the exit code: 0 pass, 1 a rule was broken, 2 bad usage or input. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
      io.out(overview());
      return 0;
    }
    if (name === '--version') {
      io.out(packageVersion());
      return 0;
    }
    if (name === 'help') {
      io.out(helpOf(commandOf(rest[0]!)));
      return 0;
    }
    const command = commandOf(name);
    const given = readArguments(command, rest);
    if (given.values.help) {
      io.out(helpOf(command));
      return 0;
    }
    return await command.run(io, given);
  } catch (error) {
    io.note(complaint(error as Error));
    return 2;
  }
}

function commandOf(name: string): Command {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  throw new UsageError(`there is no command '${name}'; there are: ${COMMANDS.map((known) => known.name).join(', ')}`);
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    'reprise COMMAND: makes the lifecycle bugs of coding-agent orchestrators reproducible',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    "'reprise help COMMAND' says more. Exit codes: 0 pass, 1 a rule was broken, 2 bad usage or input.",
  ].join('\n');
}

function complaint(error: Error): string {
  if (error instanceof UsageError) {
    const command = COMMANDS.find(({ name }) => name === error.command);
    const usage = command ? `usage: reprise ${usageOf(command)}` : "try 'reprise help'";
    return `reprise${command ? ` ${command.name}` : ''}: ${error.message}\n${usage}`;
  }
  // An error from a worker has lost its class, not its name.
  const expected = error instanceof InputError || error instanceof CanaryError || error.name === 'CanaryError';
  if (expected) return `reprise: ${error.message}`;
  const stack = process.env.REPRISE_DEBUG ? `\n${error.stack}` : ' (REPRISE_DEBUG=1 shows where)';
  return `reprise: internal error: ${error.message}${stack}`;
}
