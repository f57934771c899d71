import { UnmodelledError } from '../../unmodelled.ts';
import type { TmuxClient } from '../client.ts';
import type { ParsedCommand } from '../parse.ts';
import type { TmuxServer } from '../server.ts';
import { findTarget, NO_TARGET } from '../target.ts';
import type { Command, CommandResult, FullCall } from './command.ts';
import { ENVIRONMENT_COMMANDS } from './environment.ts';
import { JOB_COMMANDS } from './jobs.ts';
import { KEY_COMMANDS } from './keys.ts';
import { LIST_COMMANDS } from './list.ts';
import { OPTION_COMMANDS } from './options.ts';
import { PANE_COMMANDS } from './panes.ts';
import { SESSION_COMMANDS } from './session.ts';
import { WINDOW_COMMANDS } from './windows.ts';

const TABLE: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...SESSION_COMMANDS,
    ...WINDOW_COMMANDS,
    ...PANE_COMMANDS,
    ...LIST_COMMANDS,
    ...OPTION_COMMANDS,
    ...ENVIRONMENT_COMMANDS,
    ...KEY_COMMANDS,
    ...JOB_COMMANDS,
  }),
);

/** Carries out one command for a client. Throws {@link UnmodelledError} for one that the model does not have. */
export function runCommand(server: TmuxServer, client: TmuxClient, command: ParsedCommand): CommandResult {
  const { name } = command.syntax;
  const entry = TABLE.get(name);
  if (!entry) throw new UnmodelledError('tmux', `command ${name}`);
  if (entry.target === null) return entry.run({ server, client, command, target: NO_TARGET });
  const target = findTarget(server.state, command.get('t'), entry.target, server.current(client));
  if (!('words' in target)) return entry.run({ server, client, command, target } as FullCall);
  if (entry.canFail) return entry.run({ server, client, command, target: target.partial });
  client.complain(target.words);
  return 'error';
}
