/** Replays a transcript against itself, top to bottom: what it cannot do to itself, no client could. */
import type { LaneRecord, Transcript } from './format.ts';
import { isClientAct } from './format.ts';
import { renderJson } from './render.ts';
import { TranscriptReplay } from './replay.ts';
import { plainMinter, renderTemplate } from './template.ts';
import type { Verdict } from './verdict.ts';
import { formatMismatch } from './verdict.ts';

export interface SelfReplayFailure {
  /** Index of the record. */
  readonly index: number;
  readonly message: string;
}

/** Null when every record could happen in file order. Throws what {@link TranscriptReplay} throws for an unsound order. */
export function selfReplay(transcript: Transcript): SelfReplayFailure | null {
  const replay = new TranscriptReplay(transcript);
  for (const [index, record] of transcript.records.entries()) {
    if (record.type === 'http' || record.type === 'exec') continue;
    try {
      const lane = replay.lane(record.lane);
      if (isClientAct(record)) {
        const verdict = actOut(replay, record);
        if (verdict !== null && !verdict.ok) return { index, message: formatMismatch(verdict.mismatch) };
        if (verdict === null) return null;
        // Throws when the record is not due.
      } else lane.deliver(index);
    } catch (error) {
      return { index, message: (error as Error).message };
    }
  }
  return null;
}

/** Does what the record says. Null when the record accepts many values (`$any`, `$pattern`): then there is none to try. */
function actOut(replay: TranscriptReplay, record: LaneRecord): Verdict | null {
  const lane = replay.lane(record.lane);
  const { bindings } = replay;
  const minter = plainMinter(record.t);
  const text = (template: string): string => String(renderTemplate(template, bindings, minter));
  switch (record.type) {
    case 'spawn': {
      const env = Object.fromEntries(Object.entries(record.env).map(([name, value]) => [name, text(value)]));
      const cwd = record.cwd === undefined ? {} : { cwd: text(record.cwd) };
      return lane.spawn({ file: text(record.file), args: record.args.map(text), ...cwd, env });
    }
    case 'frame': {
      if (record.body === undefined) return lane.feed(text(record.raw ?? ''));
      if (hasChoice(record)) return null;
      // Bound by the replay itself: the values stay free until the line is fed.
      const mark = bindings.mark();
      const line = JSON.stringify(renderJson(record.body, bindings, minter));
      bindings.undo(mark);
      return lane.feed(line);
    }
    case 'eof':
      return lane.eof();
    case 'signal':
      return lane.signal(record.signal, record.scope);
    default:
      return null;
  }
}

function hasChoice(record: LaneRecord): boolean {
  return /"\$(?:any|pattern)":/.test(JSON.stringify(record));
}
