import { FAULTS } from '../../transcript/overlay.ts';
import { splitBytes, withLength, withSeparator, withWrongId } from '../../transcript/overlay-bytes.ts';
import type { PlannedFault } from '../../transcript/overlay-plan.ts';
import type { Wire } from './wire.ts';

const LONG_LINE_BYTES = 32 * 1024 * 1024;
const NOISE = 'this is no JSON';

type Step = { readonly bytes: Buffer } | { readonly waitMs: number } | { readonly act: () => void };

export interface StrikerOptions {
  readonly wire: Wire;
  /** Those of this process. */
  readonly faults: readonly PlannedFault[];
  /** A fault is about to strike that the recording cannot follow. */
  readonly diverged: () => void;
  /** The process ends by a fault. Does not return. */
  readonly end: (how: Parameters<Wire['end']>[0]) => void;
}

/** Writes the provider's lines, with the faults that strike them. Lines are written in order, except late ones. */
export class Striker {
  readonly #options: StrikerOptions;
  readonly #fired = new Set<PlannedFault>();
  #steps: Step[] = [];
  #waiting = false;
  #silent = false;
  /** Lines held back for a `join`, and how many are still to come. */
  #joined: { readonly fault: PlannedFault; readonly lines: Buffer[]; missing: number } | null = null;
  /** Late lines by the timer that will write them. */
  readonly #late = new Map<NodeJS.Timeout, () => void>();
  #whenDone: (() => void) | null = null;

  constructor(options: StrikerOptions) {
    this.#options = options;
  }

  get fired(): PlannedFault[] {
    return this.#options.faults.filter((planned) => this.#fired.has(planned));
  }

  get unfired(): PlannedFault[] {
    return this.#options.faults.filter((planned) => !this.#fired.has(planned));
  }

  /** Faults that strike before anything else happens. */
  start(): void {
    this.#strike(null, null);
  }

  /** Writes a line of the record at `index`, its `\n` included. */
  write(index: number, line: string): void {
    this.#strike(index, line);
  }

  /** Nothing more comes for now: what was held back to be joined goes out. */
  idle(): void {
    const joined = this.#joined;
    if (joined === null) return;
    this.#joined = null;
    if (joined.lines.length > 1) this.#fired.add(joined.fault);
    this.#push({ bytes: Buffer.concat(joined.lines) });
  }

  /** Everything goes out, late lines too, and then `done` is called. */
  flush(done: () => void): void {
    this.idle();
    for (const [timer, write] of this.#late) {
      clearTimeout(timer);
      write();
    }
    this.#late.clear();
    this.#whenDone = done;
    this.#run();
  }

  /** Nothing is written any more. */
  fallSilent(): void {
    this.#silent = true;
    this.#steps = [];
    this.#joined = null;
  }

  #strike(index: number | null, line: string | null): void {
    let text = line;
    let split: ((bytes: Buffer) => Buffer[]) | null = null;
    let gapMs = 0;
    let times = 1;
    let lateMs: number | null = null;
    for (const planned of this.#options.faults) {
      if (planned.index !== index || this.#fired.has(planned)) continue;
      const { fault, random } = planned;
      if (FAULTS[fault.kind].after === 'anything') this.#options.diverged();
      if (fault.kind !== 'join') this.#fired.add(planned);
      switch (fault.kind) {
        case 'split':
          split = (bytes) => splitBytes(bytes, fault.pieces ?? 3, random);
          gapMs = fault.gapMs ?? 1;
          break;
        case 'join':
          this.#joined ??= { fault: planned, lines: [], missing: fault.count ?? 2 };
          break;
        case 'line-separator':
          text = this.#changed(planned, withSeparator(text ?? '', fault.character ?? 'U+2028'), text);
          break;
        case 'long-line':
          text = this.#changed(planned, withLength(text ?? '', fault.bytes ?? LONG_LINE_BYTES), text);
          break;
        case 'wrong-id':
          text = this.#changed(planned, withWrongId(text ?? ''), text);
          break;
        case 'crlf':
          text = `${(text ?? '').replace(/\n$/, '')}\r\n`;
          break;
        case 'noise':
          this.#noise(fault.text ?? NOISE, fault.stream ?? 'stdout');
          break;
        case 'duplicate':
          times = 2;
          break;
        case 'late':
          lateMs = fault.ms ?? 1_000;
          break;
        default:
          text = this.#disrupt(fault, text, random);
      }
    }
    if (text === null || text === '') return;
    const bytes = Buffer.from(text, 'utf8');
    const write = (): void => {
      for (let i = 0; i < times; i++) {
        for (const [at, piece] of (split?.(bytes) ?? [bytes]).entries()) {
          if (at > 0) this.#push({ waitMs: gapMs });
          this.#push({ bytes: piece });
        }
      }
    };
    if (lateMs !== null) this.#later(lateMs, write);
    else if (this.#joined !== null && split === null && times === 1) this.#join(bytes);
    else write();
  }

  /** Faults after which the conversation is another. Returns what is left of the line. */
  #disrupt(fault: PlannedFault['fault'], text: string | null, random: () => number): null {
    const { wire, end } = this.#options;
    switch (fault.kind) {
      case 'cut': {
        const bytes = Buffer.from((text ?? '').replace(/\n$/, ''), 'utf8');
        this.#push({ bytes: bytes.subarray(0, 1 + Math.floor(random() * Math.max(1, bytes.length - 1))) });
        this.#push({ act: () => (fault.end === 'hang' ? this.fallSilent() : end({ code: 1 })) });
        break;
      }
      case 'close-stdin':
        this.#push({ act: () => wire.closeStdin() });
        break;
      case 'close-stdout':
        this.#push({ act: () => wire.closeStdout() });
        break;
      case 'hang':
        this.#push({ act: () => this.fallSilent() });
        break;
      case 'kill':
        this.#push({ act: () => end({ signal: (fault.signal ?? 'SIGKILL') as NodeJS.Signals }) });
        break;
      case 'exit':
        this.#push({
          act: () => {
            if (fault.stderr !== undefined) wire.stderr(`${fault.stderr}\n`);
            end({ code: fault.code ?? 1 });
          },
        });
        break;
    }
    return null;
  }

  /** A fault that found nothing to change has not struck. */
  #changed(planned: PlannedFault, changed: string | null, text: string | null): string | null {
    if (changed === null) this.#fired.delete(planned);
    return changed ?? text;
  }

  #noise(text: string, stream: string): void {
    if (stream === 'stdout') this.#push({ bytes: Buffer.from(`${text}\n`, 'utf8') });
    else this.#push({ act: () => this.#options.wire.stderr(`${text}\n`) });
  }

  #join(bytes: Buffer): void {
    const joined = this.#joined!;
    joined.lines.push(bytes);
    joined.missing--;
    if (joined.missing <= 0) this.idle();
  }

  #later(ms: number, write: () => void): void {
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      write();
    }, ms);
    this.#late.set(timer, write);
  }

  #push(step: Step): void {
    if (this.#silent) return;
    this.#steps.push(step);
    this.#run();
  }

  #run(): void {
    while (!this.#waiting) {
      const step = this.#steps.shift();
      if (step === undefined) break;
      if ('bytes' in step) this.#options.wire.stdout(step.bytes);
      else if ('act' in step) step.act();
      else {
        this.#waiting = true;
        setTimeout(() => {
          this.#waiting = false;
          this.#run();
        }, step.waitMs);
      }
    }
    if (this.#waiting || this.#whenDone === null) return;
    const done = this.#whenDone;
    this.#whenDone = null;
    done();
  }
}

/** A fault for people: `faults[0] split at simple.ndjson:9: recv turn/started`. */
export function nameFault({ number, fault, place }: PlannedFault): string {
  return `faults[${number}] ${fault.kind} at ${place}`;
}
