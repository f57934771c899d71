import type { LaneRecord } from '../../transcript/format.ts';
import type { Delivery, LaneReplay } from '../../transcript/lane-replay.ts';
import type { PlannedFault } from '../../transcript/overlay-plan.ts';
import type { Verdict } from '../../transcript/verdict.ts';
import type { Happened, StandInResult } from './outcome.ts';
import { EXIT, judge } from './outcome.ts';
import type { SharedReplay } from './shared-replay.ts';
import { nameFault, Striker } from './striker.ts';
import type { Listener, Wire } from './wire.ts';

export interface StrictOptions {
  readonly shared: SharedReplay;
  /** The lane of this process; its spawn has been accepted. */
  readonly lane: LaneReplay;
  readonly wire: Wire;
  /** How much faster than recorded: 1 as it was, `Infinity` without pauses. */
  readonly speed: number;
  /** The faults of this lane. */
  readonly faults: readonly PlannedFault[];
  readonly facts: Pick<Happened, 'tool' | 'pid' | 'transcript' | 'lane'>;
  /** Called with each result; there may be one before the last. */
  readonly save: (result: StandInResult) => void;
}

/** How often the acts of other processes are looked for (ms). */
const LOOK_MS = 5;
/** The client has closed stdin: so long it may still do what was recorded, a signal perhaps (ms). */
const LINGER_MS = 5_000;
/** A process that hangs by a fault outlives its client by so much at most (ms). */
const HANG_MS = 60_000;
const MAX_NOTES = 40;

/**
 * One process of a recording. The client's acts must be the recorded ones; the provider's lines are written as soon as all that
 * they depend on has happened, after the recorded pauses.
 */
export class StrictStandIn implements Listener {
  readonly #options: StrictOptions;
  readonly #striker: Striker;
  readonly #afterFault: string[] = [];
  /** `t` of what was read or written last. */
  #at = 0;
  #timer: NodeJS.Timeout | null = null;
  #stdinEnded = false;
  /** A fault has struck that the recording cannot follow: the client's acts are not compared any more. */
  #free = false;
  #ended = false;

  constructor(options: StrictOptions) {
    this.#options = options;
    this.#striker = new Striker({
      wire: options.wire,
      faults: options.faults,
      diverged: () => {
        this.#free = true;
      },
      end: (how) => this.#finish(how),
    });
  }

  start(): void {
    const { wire, shared } = this.#options;
    wire.listen(this);
    this.#striker.start();
    if (this.#free) this.#save();
    if (shared.hasOthers) {
      setInterval(() => {
        if (!this.#ended && shared.sync()) this.#pump();
      }, LOOK_MS).unref();
    }
    this.#pump();
  }

  line(text: string): void {
    this.#act(() => this.#options.lane.feed(text), `wrote ${text.length <= 200 ? text : `${text.slice(0, 200)}…`}`);
  }

  eof(): void {
    this.#stdinEnded = true;
    this.#act(() => this.#options.lane.eof(), 'closed stdin');
    if (this.#ended) return;
    if (this.#free) this.#leave();
    else setTimeout(() => this.#finish({ code: 0 }), LINGER_MS);
  }

  signal(name: NodeJS.Signals): void {
    this.#act(() => this.#options.lane.signal(name, null), `sent ${name}`);
    if (this.#free && !this.#ended && name !== 'SIGCONT' && name !== 'SIGWINCH') this.#finish({ signal: name });
  }

  stdoutBroken(errno: string): void {
    if (this.#ended) return;
    if (this.#free) this.#note(`closed our stdout (${errno})`);
    else this.#finish({ code: EXIT.mismatch }, `the client closed our stdout (${errno}), which was not recorded`);
  }

  #act(judged: () => Verdict, note: string): void {
    if (this.#ended) return;
    if (this.#free) {
      this.#note(note);
      this.#save();
      return;
    }
    const { shared } = this.#options;
    shared.sync();
    const verdict = judged();
    if (!verdict.ok) {
      this.#finish({ code: EXIT.mismatch });
      return;
    }
    shared.publish(verdict.index);
    // The pause before the answer counts from the act, however late that comes here.
    this.#at = Math.max(this.#at, shared.replay.transcript.records[verdict.index]!.t);
    this.#pump();
  }

  #note(note: string): void {
    if (this.#afterFault.length < MAX_NOTES) this.#afterFault.push(note);
  }

  #pump(): void {
    const { lane, speed } = this.#options;
    while (!this.#ended && this.#timer === null) {
      const next = lane.nextDue();
      if (next === null) break;
      // The file is one possible history: the process ends after the acts that stand before its end.
      if (next.record.type === 'exit' && !this.#stdinEnded && lane.actsBefore(next.index).length > 0) break;
      const pause = (next.record.t - this.#at) / speed;
      if (pause < 1) this.#deliver(next.index);
      else {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          if (this.#ended) return;
          this.#deliver(next.index);
          this.#pump();
        }, pause);
      }
    }
    if (!this.#ended && this.#timer === null) this.#striker.idle();
  }

  #deliver(index: number): void {
    const { lane, shared, wire } = this.#options;
    const delivery = lane.deliver(index);
    shared.publish(index);
    const { record } = delivery;
    this.#at = Math.max(this.#at, record.t);
    if (record.type === 'exit') this.#exit(record);
    else if (record.type === 'broken') (record.stream === 'stdin' ? wire.closeStdin : wire.closeStdout)();
    else this.#write(delivery);
  }

  #write({ record, index, text }: Delivery): void {
    if (record.type === 'frame' && record.dir === 'err') this.#options.wire.stderr(text);
    else {
      const wasFree = this.#free;
      this.#striker.write(index, text);
      // Saved now: the client may answer with SIGKILL.
      if (this.#free && !wasFree && !this.#ended) this.#save();
    }
  }

  #exit(record: Extract<LaneRecord, { type: 'exit' }>): void {
    this.#striker.flush(() => {
      this.#finish(record.code === null ? { signal: record.signal as NodeJS.Signals } : { code: record.code });
    });
  }

  /** After a fault the client has closed stdin: the process goes, unless it hangs. */
  #leave(): void {
    const hangs = this.#striker.fired.some(
      ({ fault }) => fault.kind === 'hang' || (fault.kind === 'cut' && fault.end === 'hang'),
    );
    if (hangs) setTimeout(() => this.#finish({ signal: 'SIGKILL' }), HANG_MS);
    else this.#finish({ code: 0 });
  }

  /** Ends the process as given, or with the code of the complaint if there is one. */
  #finish(how: Parameters<Wire['end']>[0], complaint?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const result = this.#result(complaint);
    this.#options.save(result);
    if (result.status === 'pass') this.#options.wire.end(how);
    this.#options.wire.stderr(`reprise: ${result.message}\n`);
    this.#options.wire.end({ code: EXIT[result.status] });
  }

  #save(): void {
    if (!this.#ended) this.#options.save(this.#result());
  }

  #result(complaint?: string): StandInResult {
    const { lane, shared, facts } = this.#options;
    const left = this.#free
      ? []
      : lane.finished().filter(({ index }) => !shared.isInvisible(shared.replay.transcript.records[index]!, index));
    return judge({
      ...facts,
      mismatch: lane.failure,
      complaint: complaint === undefined ? null : { status: 'mismatch', message: complaint },
      unused: left.map(({ place, what }) => `${place}: ${what}`),
      fired: this.#striker.fired.map(nameFault),
      unfired: this.#striker.unfired.map(nameFault),
      afterFault: this.#afterFault,
    });
  }
}
