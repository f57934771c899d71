/** Somebody's command has ended a session in which these processes ran. */
export interface KilledByCommand {
  readonly name: string;
  readonly clientPid: number;
  readonly livePids: readonly number[];
  /** When a client was last told what ran there; virtual ms. */
  readonly shownAt: number;
}
