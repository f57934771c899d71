import { TmuxClient } from './client.ts';
import { commandWords } from './command-string.ts';
import { runCommand } from './commands/index.ts';
import { parseSequence } from './parse.ts';
import type { TmuxServer } from './server.ts';

/**
 * Carries out the configuration files of a server that starts. A file that does not parse is skipped as a whole; a
 * command that fails is not. Returns false when anything went wrong (nothing is said on stderr: facts tmux.md 7).
 */
export function loadConfig(server: TmuxServer, given: string | null): boolean {
  if (given === '/dev/null') return true;
  const { HOME: home } = server.proc.env;
  const paths = given === null ? ['/etc/tmux.conf', ...(home ? [`${home}/.tmux.conf`] : [])] : [given];
  let fine = true;
  for (const path of paths) {
    const node = server.world.files.get(path);
    if (node?.kind === 'file') fine = runConfig(server, node.content) && fine;
    else if (given !== null) fine = false;
  }
  return fine;
}

function runConfig(server: TmuxServer, content: string): boolean {
  const words = commandWords(content).map((word) => (word === '\n' ? ';' : word));
  const sequence = parseSequence(words);
  if (sequence.kind === 'error') return false;
  const itself = new TmuxClient(server.proc, words, sequence, true);
  for (const command of sequence.commands) runCommand(server, itself, command);
  return itself.status === 0;
}
