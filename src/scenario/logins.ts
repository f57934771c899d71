import type { Credentials, RefreshResult } from '../core/ports.ts';
import { Accounts, type AccountsWorld } from './accounts.ts';

/** Stands for the secrets in the environment of an app-server. */
export const LOGIN = 'REPRISE_LOGIN';

/** The logins of a run: one for each pair, until somebody logs in anew. */
export class Logins implements Credentials {
  readonly accounts: Accounts;
  readonly #changes = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();

  constructor(world: AccountsWorld) {
    this.accounts = new Accounts(world);
  }

  current(pairId: string) {
    const fingerprint = this.of(pairId);
    const account = this.accounts.of(pairId);
    const tokens = account && this.accounts.tokensOf(account);
    return { accountId: account?.accountId ?? 'dev', fingerprint, env: { [LOGIN]: fingerprint }, tokens };
  }

  refresh(accountId: string): Promise<RefreshResult> {
    return this.accounts.refresh(accountId);
  }

  /** What distinguishes the present login of a pair. */
  of(pairId: string): string {
    return `login-${this.#changes.get(pairId) ?? 0}`;
  }

  /** Virtual ms; null when it never did. */
  changedAt(pairId: string): number | null {
    return this.#changedAt.get(pairId) ?? null;
  }

  change(pairId: string, now: number): void {
    const account = this.accounts.of(pairId);
    if (account) this.accounts.logIn(account);
    this.#changes.set(pairId, (this.#changes.get(pairId) ?? 0) + 1);
    this.#changedAt.set(pairId, now);
  }
}
