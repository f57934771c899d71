import type { Clock, Log, Timer } from '../ports.ts';
import type { ProviderTimers } from '../providers/config.ts';
import { localFailure } from '../providers/failure.ts';
import type { Failure, Turn, TurnEvent } from '../providers/types.ts';

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: ProviderTimers;
  /** Names the turn in logs. */
  readonly name: string;
  readonly turn: Turn;
  /** An approval is open. */
  readonly waitsForUser: () => boolean;
  /** The provider has said nothing for so many ms; nothing is ended yet. Called once for each silence. */
  readonly onStalled: (silentMs: number) => void;
}

/**
 * Looks after one running turn: however its provider fails to report the end (facts/pairs-and-shared-client.md B17, O17,
 * O23), the turn ends. Activity is whatever the provider sends about the turn, so a long answer or a tool that prints is
 * left alone; a silent tool gets more time than a silent model. While a user is asked for approval the silence is theirs:
 * it is reported, and ends nothing.
 */
export class TurnWatchdog {
  readonly #options: WatchdogOptions;
  readonly #tools = new Set<string>();
  #timer: Timer | null = null;
  /** Since when there was nothing to be heard when that was last reported (monotonic ms); null for never. */
  #reported: number | null = null;
  #stopped = false;
  #verdict: Failure | null = null;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#lookIn(options.timers.turnStalledMs);
  }

  /** Why this turn was ended from here; null while it was not. How the provider took it does not matter then. */
  get verdict(): Failure | null {
    return this.#verdict;
  }

  /** An event of the turn, in order. */
  saw(event: TurnEvent): void {
    if (event.type !== 'tool') return;
    if (event.status === 'started') this.#tools.add(event.itemId);
    else this.#tools.delete(event.itemId);
  }

  /** Ends the turn: by an interrupt, and when the provider does not heed it, for its owner only. */
  endTurn(why: string): void {
    if (this.#stopped || this.#verdict) return;
    const { clock, timers, name, turn } = this.#options;
    const failure = localFailure('timed-out', why, true);
    this.#verdict = failure;
    this.#timer?.cancel();
    // A turn that heeds this ends by itself, and its client is well.
    void turn.interrupt();
    this.#timer = clock.timer(timers.turnInterruptMs, `interrupt ${name}`, () => {
      if (!this.#stopped) turn.giveUp(failure);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** How long this turn may be silent now. */
  get #limitMs(): number {
    const { turnSilentMs, toolSilentMs } = this.#options.timers;
    if (this.#options.waitsForUser()) return Number.POSITIVE_INFINITY;
    return this.#tools.size > 0 ? toolSilentMs : turnSilentMs;
  }

  #lookIn(ms: number): void {
    const { clock, name } = this.#options;
    this.#timer = clock.timer(ms, `watch ${name}`, () => this.#look());
  }

  #look(): void {
    const { clock, timers, turn, onStalled } = this.#options;
    const { silentMs } = turn;
    if (silentMs < timers.turnStalledMs) {
      this.#lookIn(timers.turnStalledMs - silentMs);
      return;
    }
    const leftMs = this.#limitMs - silentMs;
    if (!this.#isReported(clock.monotonic() - silentMs)) {
      onStalled(silentMs);
      // A look that comes as late as this, because the daemon itself did not get to run, ends nothing yet.
      this.#lookIn(leftMs > 0 ? Math.min(leftMs, timers.turnStalledMs) : timers.turnStalledMs);
    } else if (leftMs <= 0) {
      this.#giveUp(silentMs);
    } else {
      // Not longer: the provider may be heard meanwhile, or an approval be answered, and then the shorter limit holds.
      this.#lookIn(Math.min(leftMs, timers.turnStalledMs));
    }
  }

  /** Whether the silence that began at this time (monotonic ms) was reported; notes it as reported if it was not. */
  #isReported(since: number): boolean {
    // The same time, calculated twice, may differ by less than a millisecond.
    if (this.#reported !== null && Math.abs(since - this.#reported) < 1) return true;
    this.#reported = since;
    return false;
  }

  #giveUp(silentMs: number): void {
    this.#options.log.event('turn.silent', { turn: this.#options.name, silentMs });
    this.endTurn(`the provider said nothing about this turn for ${silentMs} ms`);
  }
}
