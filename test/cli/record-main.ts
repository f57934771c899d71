/** `reprise record …` without the other commands: what they need takes seconds to load from source. */
import { readArguments } from '../../src/cli/command.ts';
import { lintCommand } from '../../src/cli/commands/lint.ts';
import { recordCommand } from '../../src/cli/commands/record.ts';
import { processIo } from '../../src/cli/io.ts';

const [name, ...args] = process.argv.slice(2);
const command = name === 'lint' ? lintCommand : recordCommand;
const io = processIo();
try {
  process.exitCode = await command.run(io, readArguments(command, args));
} catch (error) {
  io.note(`${command.name}: ${(error as Error).message}`);
  process.exitCode = 2;
}
