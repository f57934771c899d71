import type { SharedClient } from '../providers/shared-clients.ts';

/** `provisioning`: it has no thread yet. `restoring`: its thread is not loaded in the present app-server. */
export type SlotReadiness = 'provisioning' | 'restoring' | 'ready';

/**
 * The seat of the one terminal user interface of a pair. A new connection is a new slot object: whatever was meant for
 * an earlier one holds that one and finds that it is not current any more.
 */
export class TuiSlot<Client extends SharedClient> {
  /** Identifies the terminal user interface across reconnects. */
  readonly token: string;
  /** The thread that the terminal user interface shows; null until it is started. */
  threadId: string | null = null;
  /** The client in which that thread is loaded. */
  loadedIn: Client | null = null;
  /** The chat that works in this thread. */
  claimedBy: string | null = null;

  constructor(token: string) {
    this.token = token;
  }

  /** Derived from the pair's present client, never stored. */
  readiness(client: Client | null): SlotReadiness {
    if (this.threadId === null) return 'provisioning';
    return client !== null && this.loadedIn === client ? 'ready' : 'restoring';
  }
}
