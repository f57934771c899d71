/**
 * Strict replay of a transcript, on causality: pure, without I/O or clock. The client's acts are checked against the file one by one;
 * what the provider may write next is offered by `due`, and whoever drives the replay decides when, and in which order of what is due,
 * to deliver it.
 */
import type { Json, LaneRecord, Transcript } from './format.ts';
import { isClientAct } from './format.ts';
import { LaneReplay } from './lane-replay.ts';
import type { Needs } from './order.ts';
import { checkOrder, orderOf, placeOf } from './order.ts';
import type { SymbolValue } from './symbols.ts';
import { Bindings } from './symbols.ts';
import type { Minter } from './template.ts';
import { plainMinter } from './template.ts';
import { describe } from './verdict.ts';

export interface ReplayOptions {
  /** Values of this run's places, by symbol name without brackets: `{'path:ws': '/tmp/w', 'port:model': 8911}`. */
  readonly places?: Readonly<Record<string, SymbolValue>>;
  /** Applied to what comes from outside before it is compared: the redaction that the transcript went through. */
  readonly redact?: (value: Json) => Json;
  /** Invents the provider's ids and times for a record; default {@link plainMinter} of its `t`. */
  readonly minter?: (record: LaneRecord) => Minter;
}

/** A record that was never replayed. */
export interface Unconsumed {
  readonly index: number;
  readonly place: string;
  readonly lane: string;
  /** `client`: the code under test never did it. `provider`: it was never due or never delivered. */
  readonly side: 'client' | 'provider';
  readonly what: string;
}

/** All lanes of one transcript; symbols and edges hold across them. */
export class TranscriptReplay {
  readonly transcript: Transcript;
  readonly bindings: Bindings;
  readonly needs: readonly Needs[];
  readonly redact: (value: Json) => Json;
  readonly minter: (record: LaneRecord) => Minter;
  readonly #done = new Set<number>();
  readonly #lanes = new Map<string, LaneReplay>();

  /** Throws an Error naming file and line when the order of the transcript is unsound. */
  constructor(transcript: Transcript, options: ReplayOptions = {}) {
    const problem = checkOrder(transcript.records)[0];
    if (problem !== undefined) throw new Error(`${placeOf(transcript, problem.index)}: ${problem.message}`);
    this.transcript = transcript;
    this.bindings = new Bindings(options.places);
    this.needs = orderOf(transcript.records);
    this.redact = options.redact ?? ((value) => value);
    this.minter = options.minter ?? ((record) => plainMinter(record.t));
    // HTTP exchanges are the provider's business with its model: nobody on the stdio side waits for them or can show them.
    // Runs of tools have no lines; see `exec-match.ts`.
    transcript.records.forEach((record, i) => {
      if (record.type === 'http' || record.type === 'exec') this.#done.add(i);
    });
    for (const record of transcript.records) {
      if (record.type !== 'http' && record.type !== 'exec' && !this.#lanes.has(record.lane)) {
        this.#lanes.set(record.lane, new LaneReplay(this, record.lane));
      }
    }
  }

  /** Names of the stdio lanes, in order of first appearance. */
  get laneNames(): string[] {
    return [...this.#lanes.keys()];
  }

  /** Throws a RangeError for a lane that the transcript does not have. */
  lane(name: string): LaneReplay {
    const lane = this.#lanes.get(name);
    if (lane === undefined) {
      throw new RangeError(`${this.transcript.fileName} has no lane ${name}; it has ${this.laneNames.join(', ')}`);
    }
    return lane;
  }

  isDone(index: number): boolean {
    return this.#done.has(index);
  }

  /** For the lanes: `index` has happened. */
  markDone(index: number): void {
    this.#done.add(index);
  }

  /** What is left; empty when the whole transcript was replayed. Optional frames do not count. */
  finished(): Unconsumed[] {
    const left: Unconsumed[] = [];
    this.transcript.records.forEach((record, index) => {
      if (this.isDone(index) || (record.type === 'frame' && record.optional === true)) return;
      left.push({
        index,
        place: placeOf(this.transcript, index),
        lane: record.lane,
        side: isClientAct(record) ? 'client' : 'provider',
        what: describe(record),
      });
    });
    return left;
  }
}
