import type { Credentials } from '../core/ports.ts';

/** Stands for the secrets in the environment of an app-server. */
export const LOGIN = 'REPRISE_LOGIN';

/** The logins of a run: one for each pair, until somebody logs in anew. */
export class Logins implements Credentials {
  readonly #changes = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();

  current(pairId: string) {
    const fingerprint = this.of(pairId);
    return { accountId: 'dev', fingerprint, env: { [LOGIN]: fingerprint }, tokens: null };
  }

  async refresh() {
    return { kind: 'refused', permanent: false, reason: 'no tokens are kept' } as const;
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
    this.#changes.set(pairId, (this.#changes.get(pairId) ?? 0) + 1);
    this.#changedAt.set(pairId, now);
  }
}
