/** Somebody's command has ended a session in which these processes ran. */
export interface KilledByCommand {
  readonly name: string;
  readonly clientPid: number;
  readonly livePids: readonly number[];
}
