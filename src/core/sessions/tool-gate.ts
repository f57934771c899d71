import type { Clock, Exec, ExecRequest, ExecResult } from '../ports.ts';
import { TimerGroup } from '../timer-group.ts';

/** At most so many commands are started in one stretch of time (facts/sessions-and-locks.md A1.2: 5 and 250 ms). */
export const BATCH = 5;
export const BATCH_MS = 250;

interface Waiting {
  readonly request: ExecRequest;
  readonly answer: (result: ExecResult) => void;
}

/** The answer to a command that was never started. */
const notAsked = (why: string): ExecResult => ({ kind: 'not-started', errno: 'EAGAIN', message: why });

/**
 * The way to one server of terminals, shared by all who ask it: one stalled server must not make every chat ask again and
 * again (facts/sessions-and-locks.md A3 6, 9; C S12). At most {@link BATCH} commands start in {@link BATCH_MS}. After a
 * time-out one command at a time goes through, until one is answered; when that one is not, those who waited behind it
 * learn that they were not asked at all, so that nothing piles up in front of a server that will carry it out later.
 */
export class ToolGate {
  readonly #exec: Exec;
  readonly #clock: Clock;
  readonly #timers: TimerGroup;
  readonly #waiting: Waiting[] = [];
  /** When the last commands were started, the oldest first; no more than {@link BATCH} of them. */
  readonly #starts: number[] = [];
  #running = 0;
  #stalled = false;
  #timed = false;

  constructor(exec: Exec, clock: Clock) {
    this.#exec = exec;
    this.#clock = clock;
    this.#timers = new TimerGroup(clock);
  }

  /** Runs the command when it is its turn. Never rejects. */
  run(request: ExecRequest): Promise<ExecResult> {
    return new Promise((answer) => {
      if (this.#timers.stopped) return answer(notAsked('the daemon is shutting down'));
      this.#waiting.push({ request, answer });
      this.#pump();
    });
  }

  /** Starts nothing any more; whoever waits is answered. */
  stop(): void {
    this.#timers.stop();
    this.#dismiss('the daemon is shutting down');
  }

  #pump(): void {
    while (this.#waiting.length > 0 && !(this.#stalled && this.#running > 0)) {
      const pause = this.#pause();
      if (pause > 0) return this.#pumpLater(pause);
      void this.#start(this.#waiting.shift()!);
    }
  }

  /** How long the next command has to wait; 0 when it may start now. */
  #pause(): number {
    const [oldest] = this.#starts;
    if (this.#starts.length < BATCH || oldest === undefined) return 0;
    return oldest + BATCH_MS - this.#clock.monotonic();
  }

  #pumpLater(pause: number): void {
    if (this.#timed) return;
    this.#timed = true;
    this.#timers.after(pause, 'next commands for a terminal server', () => {
      this.#timed = false;
      this.#pump();
    });
  }

  async #start({ request, answer }: Waiting): Promise<void> {
    this.#starts.push(this.#clock.monotonic());
    if (this.#starts.length > BATCH) this.#starts.shift();
    this.#running++;
    const result = await this.#exec.run(request);
    this.#running--;
    this.#stalled = result.kind === 'exited' && result.timedOut;
    answer(result);
    if (this.#stalled) this.#dismiss(`not asked: ${request.file} did not answer another question`);
    this.#pump();
  }

  #dismiss(why: string): void {
    for (const { answer } of this.#waiting.splice(0)) answer(notAsked(why));
  }
}
