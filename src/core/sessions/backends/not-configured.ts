import { missing, type Probe, unknown } from '../../probe/probe.ts';
import type { BackendKind, Change, LastSeen, Terminal, TerminalBackend } from '../backend.ts';

/**
 * Stands for a backend that keeps terminals of chats and was taken out of the configuration: nothing is known of them
 * and nothing done to them until it is configured again.
 */
export class NotConfigured implements TerminalBackend {
  readonly kind: BackendKind;

  constructor(kind: BackendKind) {
    this.kind = kind;
  }

  /** What was neither asked for nor adopted is missing without a question. */
  async probe(_name: string, { launch, pane }: LastSeen): Promise<Probe<Terminal>> {
    return launch === null && pane === null ? missing('it was never asked for') : unknown(this.#reason);
  }

  async create(): Promise<Change<Terminal>> {
    return this.#refused;
  }

  async send(): Promise<Change<null>> {
    return this.#refused;
  }

  async capture(): Promise<string | null> {
    return null;
  }

  async kill(): Promise<Change<null>> {
    return this.#refused;
  }

  get #refused(): Change<never> {
    return { outcome: 'refused', reason: this.#reason };
  }

  get #reason(): string {
    return notConfigured(this.kind);
  }
}

/** Why no terminal of this kind can be had, and what to do, for people. */
export function notConfigured(kind: BackendKind): string {
  return `Terminals of ${kind} are not configured; add ${kind} to the daemon's configuration.`;
}
