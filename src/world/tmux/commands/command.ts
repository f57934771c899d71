import type { TmuxClient } from '../client.ts';
import { expandFormat } from '../format.ts';
import type { ParsedCommand } from '../parse.ts';
import type { TmuxServer } from '../server.ts';
import type { Pane, Session, Window } from '../state.ts';
import type { Target, TargetType } from '../target.ts';
import { variablesOf } from '../variables.ts';

/** `error` ends the client's sequence; `wait` suspends it until the command calls `server.proceed`. */
export type CommandResult = 'ok' | 'error' | 'wait';

/** One command being carried out for one client. */
export interface Call {
  readonly server: TmuxServer;
  readonly client: TmuxClient;
  readonly command: ParsedCommand;
  readonly target: Target;
}

/** A target that was found. */
export interface FullCall extends Call {
  readonly target: { readonly session: Session; readonly window: Window; readonly pane: Pane };
}

/** How `-t` is read, and what the command does. */
export type Command =
  | { readonly target: TargetType; readonly canFail?: false; readonly run: (call: FullCall) => CommandResult }
  | { readonly target: TargetType; readonly canFail: true; readonly run: (call: Call) => CommandResult }
  | { readonly target: null; readonly run: (call: Call) => CommandResult };

/** Complains to the client. */
export function fail({ client }: Call, words: string): 'error' {
  client.complain(words);
  return 'error';
}

/**
 * Expands a format for a target, by default the call's. A session without a window stands for its current one, a window
 * without a pane for its active one.
 */
export function format(call: Call, template: string, { session, window, pane }: Target = call.target): string {
  if (!template.includes('#')) return template;
  const shown = window ?? session?.current ?? null;
  return expandFormat(
    template,
    variablesOf(call.server, { session, window: shown, pane: pane ?? shown?.active ?? null }),
  );
}
