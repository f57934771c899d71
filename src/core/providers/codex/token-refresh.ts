import type { Ports, RefreshResult } from '../../ports.ts';

/** codex waits 10,000 ms for new tokens; its own words about it are worse than ours (facts B1 auth; O24). */
export const REFRESH_DEADLINE_MS = 9_000;
/** Tells codex that asking again is useless; it repeats the code in the error of the turn. */
export const REAUTHENTICATE = -32_090;
export const REFRESH_FAILED = -32_603;

/**
 * Refreshes tokens, one request to the authority at a time for each account: a refresh token works once, so a second
 * request beside one that is only slow would end in `refresh_token_reused` (O24).
 */
export class TokenRefresher {
  readonly #ports: Pick<Ports, 'clock'>;
  readonly #refresh: (accountId: string) => Promise<RefreshResult>;
  readonly #running = new Map<string, Promise<RefreshResult>>();

  constructor(ports: Pick<Ports, 'clock'>, refresh: (accountId: string) => Promise<RefreshResult>) {
    this.#ports = ports;
    this.#refresh = refresh;
  }

  /** Never rejects; `refused` after 9,000 ms. What arrives after that is there for the next who asks meanwhile. */
  refresh(accountId: string): Promise<RefreshResult> {
    const running = this.#running.get(accountId) ?? this.#begin(accountId);
    return new Promise((resolve) => {
      const timer = this.#ports.clock.timer(REFRESH_DEADLINE_MS, `token refresh ${accountId}`, () =>
        resolve({ kind: 'refused', permanent: false, reason: `no answer within ${REFRESH_DEADLINE_MS} ms` }),
      );
      void running.then((result) => {
        timer.cancel();
        resolve(result);
      });
    });
  }

  #begin(accountId: string): Promise<RefreshResult> {
    const running = this.#refresh(accountId).finally(() => this.#running.delete(accountId));
    this.#running.set(accountId, running);
    return running;
  }
}
