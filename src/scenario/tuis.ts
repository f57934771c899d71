import type { Machine } from '../world/machine.ts';
import { type TuiRun, tuiProgram } from '../world/tui.ts';
import { WORKSPACE } from './simulated-config.ts';

/** A TUI that runs, and what happened to it. */
export interface SeenTui {
  readonly pairId: string;
  readonly run: TuiRun;
  /** Virtual ms since when it has not answered (SIGSTOP); null while it does. */
  frozenAt: number | null;
  /** Until when it did not answer the last time. */
  thawedAt: number;
  /** Since when it knows that it has the seat. */
  attachedAt: number;
}

/** The TUIs as they really are, and what can happen to them. */
export class Tuis {
  readonly #machine: Machine;
  /** Of each pair, those that run, in order of their start. */
  readonly #running = new Map<string, SeenTui[]>();
  /** Goes up with whatever happens to a TUI, or is done by one. */
  changes = 0;
  #all: { readonly changes: number; readonly value: readonly SeenTui[] } | null = null;
  /** Sent away since the last check. */
  #sentAway: SeenTui[] = [];
  readonly #connections = new Map<string, number>();
  readonly #departures = new Map<string, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Somebody starts a TUI. It ends by itself when nobody listens. */
  start(pairId: string, port: number, token: string): void {
    const seen: { tui: SeenTui | null } = { tui: null };
    const program = tuiProgram(
      this.#machine.network,
      port,
      token,
      (run) => {
        this.#connections.set(token, this.connectionsOf(token) + 1);
        if (!seen.tui) {
          seen.tui = { pairId, run, frozenAt: null, thawedAt: Number.NEGATIVE_INFINITY, attachedAt: -1 };
          this.#of(pairId).push(seen.tui);
        }
        this.changes++;
      },
      () => this.#changed(seen.tui!),
    );
    this.#machine.start({
      argv: ['codex', '--remote', `127.0.0.1:${port}`],
      program,
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: WORKSPACE,
      env: {},
      sink: { stdout: () => {}, stderr: () => {}, exited: () => this.#ended(seen.tui!) },
    });
  }

  /** How often a TUI with this token has connected. */
  connectionsOf(token: string): number {
    return this.#connections.get(token) ?? 0;
  }

  /** The youngest one of a pair; null when none runs. */
  last(pairId: string): SeenTui | null {
    return this.#running.get(pairId)?.at(-1) ?? null;
  }

  running(pairId: string): readonly SeenTui[] {
    return this.#running.get(pairId) ?? [];
  }

  all(): readonly SeenTui[] {
    if (this.#all?.changes !== this.changes)
      this.#all = { changes: this.changes, value: [...this.#running.values()].flat() };
    return this.#all.value;
  }

  freeze(tui: SeenTui): void {
    this.changes++;
    tui.frozenAt ??= this.#machine.kernel.now;
    this.left(tui.pairId);
    this.#machine.kill(0, tui.run.proc.pid, 'SIGSTOP');
  }

  thaw(tui: SeenTui): void {
    if (tui.frozenAt === null) return;
    this.changes++;
    tui.frozenAt = null;
    tui.thawedAt = this.#machine.kernel.now;
    if (tui.run.proc.alive) this.#machine.kill(0, tui.run.proc.pid, 'SIGCONT');
  }

  /** Those that the daemon sent away since the last call. */
  takeSentAway(): readonly SeenTui[] {
    if (this.#sentAway.length === 0) return this.#sentAway;
    const sentAway = this.#sentAway;
    this.#sentAway = [];
    return sentAway;
  }

  #changed(tui: SeenTui): void {
    this.changes++;
    if (tui.run.attached && tui.attachedAt === -1) tui.attachedAt = this.#machine.kernel.now;
    if (!tui.run.attached && tui.attachedAt !== -1) {
      tui.attachedAt = -1;
      this.left(tui.pairId);
    }
  }

  /** How often a TUI of this pair has gone, or was taken for gone with reason. */
  departures(pairId: string): number {
    return this.#departures.get(pairId) ?? 0;
  }

  #ended(tui: SeenTui): void {
    this.left(tui.pairId);
    const others = this.#of(tui.pairId);
    others.splice(others.indexOf(tui), 1);
    this.changes++;
    if (tui.run.code !== null) this.#sentAway.push(tui);
  }

  /** A TUI of this pair has gone, or will be taken for gone with reason. */
  left(pairId: string): void {
    this.#departures.set(pairId, this.departures(pairId) + 1);
  }

  #of(pairId: string): SeenTui[] {
    const known = this.#running.get(pairId) ?? [];
    this.#running.set(pairId, known);
    return known;
  }
}
