/**
 * Transcripts in the four-record replay format (facts/orchestration-v2 5). That format has one order and one process at a time, and compares
 * whole frames: what a transcript says beyond that is lost, line by line.
 */
import type { FrameRecord, Json, JsonObject, LaneRecord, Transcript } from '../format.ts';
import type { Loss } from '../import/source.ts';
import { asMatcher, isArray, isObject, objectFrom } from '../json.ts';
import { renderJson } from '../render.ts';
import { Bindings, KINDS, wholeSymbol } from '../symbols.ts';
import { plainMinter, renderTemplate } from '../template.ts';

export interface FourRecord {
  readonly text: string;
  readonly records: number;
  readonly losses: readonly Loss[];
}

/** Names of providers there. */
const PROVIDERS: Readonly<Record<string, string>> = { codex: 'codex', claude: 'claude', ndjson: 'ndjson' };

/**
 * The lanes of a transcript, which must not overlap in the file, or the one that `lane` names. Throws a RangeError, which says what to ask for,
 * when that cannot be done.
 */
export function fourRecordOf(transcript: Transcript, lane?: string): FourRecord {
  const { header } = transcript;
  const provider = Object.hasOwn(PROVIDERS, header.provider) ? PROVIDERS[header.provider] : undefined;
  if (provider === undefined) throw new RangeError(`runs of ${header.provider} are no frames of a process`);
  const writer = new Writer(transcript);
  const chosen = chosenRecords(transcript, lane);
  const lines: Json[] = [
    {
      type: 'transcript_start',
      provider,
      protocol: header.protocol,
      version: header.providerVersion,
      scenario: header.scenario,
      metadata: { source: header.recorder },
    },
    ...chosen.flatMap(({ record, line }) => writer.line(record, line)),
  ];
  return {
    text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    records: lines.length,
    losses: writer.losses,
  };
}

function chosenRecords(transcript: Transcript, lane: string | undefined): { record: LaneRecord; line: number }[] {
  const all = transcript.records.map((record, i) => ({ record, line: transcript.lines[i] ?? 0 }));
  const lanes = [...new Set(all.filter(({ record }) => record.type !== 'http').map(({ record }) => record.lane))];
  if (lane !== undefined && !lanes.includes(lane)) {
    throw new RangeError(`there is no lane ${lane}; there are: ${lanes.join(', ')}`);
  }
  if (lane !== undefined) return all.filter(({ record }) => record.lane === lane || record.type === 'http');
  let running: string | null = null;
  for (const { record } of all) {
    if (record.type === 'spawn' && running !== null) {
      throw new RangeError(
        `${running} and ${record.lane} run at once, which the format cannot say: choose one of ${lanes.join(', ')} with --lane`,
      );
    }
    if (record.type === 'spawn') running = record.lane;
    if (record.type === 'exit') running = null;
  }
  return all;
}

class Writer {
  readonly losses: Loss[] = [];
  readonly #bindings = new Bindings();
  /** When the last frame was, in ms since its process began. */
  #t = 0;

  constructor(transcript: Transcript) {
    if (transcript.cut) this.#lose(null, 'the last line', 'it is cut');
  }

  line(record: LaneRecord, line: number): Json[] {
    switch (record.type) {
      case 'frame':
        return this.#frame(record, line);
      case 'exit':
        return [{ type: 'runtime_exit', ...this.#exit(record.code, record.signal) }];
      case 'spawn':
        this.#t = 0;
        this.#lose(line, 'how the process was started', 'the format has no place for it');
        return [];
      default:
        this.#lose(line, `the ${record.type} record`, 'the format has none');
        return [];
    }
  }

  #exit(code: number | null, signal: string | null): JsonObject {
    if (code === 0) return { status: 'success' };
    if (code === null) return { status: 'cancelled', error: { message: `ended by ${signal}` } };
    return { status: 'error', error: { message: `exit code ${code}` } };
  }

  #frame(record: FrameRecord, line: number): Json[] {
    if (record.dir === 'err') {
      this.#lose(line, 'the line of stderr', 'the format has none');
      return [];
    }
    for (const key of ['unordered', 'floats', 'optional'] as const) {
      if (record[key] !== undefined)
        this.#lose(line, `"${key}"`, 'the format has one order, in which every frame has its place');
    }
    if (record.body === undefined) {
      this.#lose(line, 'the line that is no JSON', 'a frame is JSON');
      return [];
    }
    if (record.dir === 'send') return [{ type: 'expect_outbound', frame: this.#outbound(record.body, line, record.t) }];
    const afterMs = Math.max(0, record.t - this.#t);
    this.#t = Math.max(this.#t, record.t);
    const frame = renderJson(this.#withoutElisions(record.body, line), this.#bindings, plainMinter(record.t));
    return [{ type: 'emit_inbound', frame, ...(afterMs === 0 ? {} : { afterMs }) }];
  }

  /** What the app must send, with `<any>` and `<workspace>`. */
  #outbound(value: Json, line: number, t: number): Json {
    if (typeof value === 'string') {
      const whole = wholeSymbol(value);
      if (value === '<path:ws>') return '<workspace>';
      if (whole !== null && KINDS[whole.kind]?.role === 'volatile') return '<any>';
      return renderTemplate(value, this.#bindings, plainMinter(t));
    }
    if (isArray(value)) return value.map((item) => this.#outbound(item, line, t));
    if (!isObject(value)) return value;
    const matcher = asMatcher(value);
    if (matcher === null) {
      if ('$more' in value) this.#lose(line, '"$more"', 'the format compares all fields');
      const entries = Object.entries(value).filter(([key]) => key !== '$more');
      return objectFrom(
        entries.map(([key, item]) => [
          String(renderTemplate(key, this.#bindings, plainMinter(t))),
          this.#outbound(item, line, t),
        ]),
      );
    }
    if ('$literal' in matcher) return matcher.$literal;
    if ('$any' in matcher) {
      if (matcher.$any !== true) this.#lose(line, `that it is a ${matcher.$any}`, '"<any>" is any value');
      return '<any>';
    }
    if ('$unordered' in matcher) {
      this.#lose(line, '"$unordered"', 'the format compares lists in their order');
      return matcher.$unordered.map((item) => this.#outbound(item, line, t));
    }
    const glob = '$pattern' in matcher ? globOf(matcher.$pattern) : null;
    if (glob === null) this.#lose(line, '$pattern' in matcher ? '"$pattern"' : '"$elided"', '"<any>" is any value');
    return glob ?? '<any>';
  }

  /** Says which texts are not those of the provider; the replay of a transcript would put the same ones in their place. */
  #withoutElisions(body: Json, line: number): Json {
    const hasElision = (value: Json): boolean => {
      if (isArray(value)) return value.some(hasElision);
      if (!isObject(value)) return false;
      const matcher = asMatcher(value);
      return matcher === null ? Object.values(value).some(hasElision) : '$elided' in matcher;
    };
    if (hasElision(body))
      this.#lose(line, '"$elided"', "the provider's own text is not in the transcript: a mark stands in its place");
    return body;
  }

  #lose(line: number | null, what: string, why: string): void {
    this.losses.push({ line, what, why });
  }
}

/** The glob of a pattern that is nothing but text and `.*`, or null. */
function globOf(pattern: string): string | null {
  const parts = pattern.split('.*');
  const texts = parts.map((part) => part.replace(/\\([\\^$.*+?()[\]{}|/])/g, '$1'));
  const isText = parts.every((part) => !/(?<!\\)(?:\\\\)*[$^.*+?()[\]{}|]|\\[A-Za-z0-9]/.test(part));
  return isText ? texts.join('<any>') : null;
}
