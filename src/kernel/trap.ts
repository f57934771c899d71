import { runtimeProcess } from './runtime.ts';
import { calledByRuntimeOrPackage, stampCaller } from './trap-caller.ts';
import { TrapPatches } from './trap-patches.ts';

/** Code under simulation reached past its ports. Thrown at the caller and reported to the run. */
export class EscapeError extends Error {
  /** What was used, as people write it: `Date.now`. */
  readonly source: string;
  /** `file:line:column` of the caller; below the working directory as a relative path. Not for the trace: it is local. */
  readonly location: string;

  constructor(source: string, instead: string, above: (...args: never[]) => unknown) {
    super('');
    this.name = 'EscapeError';
    this.source = source;
    this.message = `${source} was used during a simulated run. ${instead}`;
    this.location = stampCaller(this, above, runtimeProcess.cwd()) ?? 'an unknown place';
    this.message = `${this.location}: ${this.message}`;
  }
}

/** A promise was rejected, or a callback of the runtime threw, and no code under simulation dealt with it. */
export class UnhandledError extends Error {
  readonly kind: 'rejection' | 'exception';

  constructor(kind: 'rejection' | 'exception', reason: unknown) {
    super(`unhandled ${kind} during a simulated run: ${reason instanceof Error ? reason.message : String(reason)}`, {
      cause: reason,
    });
    this.name = 'UnhandledError';
    this.kind = kind;
    if (reason instanceof Error && reason.stack) this.stack = `${this.name}: ${this.message}\n${reason.stack}`;
  }
}

/** Told of everything that went past the ports, even if the code catches what was thrown at it. */
export type EscapeReport = (violation: EscapeError | UnhandledError) => void;

/** The run that is going on in this process, if any. */
let current: EscapeReport | null = null;
let patches: TrapPatches | undefined;

/**
 * During a run, forbids what would make it depend on anything but its input: clocks, timers, randomness, other threads,
 * the network (the list is in `ambient.ts`). Calls by Node itself and by installed packages pass. Rejections that nobody
 * handles go to the run instead of ending the process.
 *
 * The checks are installed once, by the first trap that is armed; then arming costs less than 1 µs and a call outside
 * of a run a few ns more than without. One run at a time.
 */
export class EscapeTrap {
  #report: EscapeReport | null = null;

  /** Throws when this or another trap of the process is armed already. */
  arm(report: EscapeReport): void {
    if (current) throw new Error('an escape trap is armed already: one simulated run at a time in a process');
    if (patches) patches.renew();
    else patches = install();
    this.#report = report;
    current = report;
  }

  /** Idempotent; does nothing to another trap. */
  disarm(): void {
    if (this.#report !== null && current === this.#report) current = null;
    this.#report = null;
  }
}

function install(): TrapPatches {
  catchUnhandled();
  return new TrapPatches((name, instead, above) => {
    if (current === null || calledByRuntimeOrPackage(above)) return;
    const violation = new EscapeError(name, instead, above);
    current(violation);
    throw violation;
  });
}

/** Node announces errors that nobody handled by `process.emit`; an answer of true means that somebody did. */
function catchUnhandled(): void {
  const emit = runtimeProcess.emit as (event: string | symbol, ...args: unknown[]) => boolean;
  const catching = function (this: unknown, event: string | symbol, ...args: unknown[]): boolean {
    if (current === null || !announced.has(event)) return Reflect.apply(emit, this, [event, ...args]);
    const kind = announced.get(event);
    // An escape was reported when it happened.
    if (kind && !(args[0] instanceof EscapeError)) current(new UnhandledError(kind, args[0]));
    return true;
  };
  runtimeProcess.emit = catching as typeof runtimeProcess.emit;
}

/** The two others only accompany them: a later handler, and the notice before an uncaught exception. */
const announced: ReadonlyMap<string | symbol, 'rejection' | 'exception' | null> = new Map([
  ['unhandledRejection', 'rejection'],
  ['uncaughtException', 'exception'],
  ['rejectionHandled', null],
  ['uncaughtExceptionMonitor', null],
]);
