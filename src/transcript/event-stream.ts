/** Server-sent events in the chunks of an HTTP response: the JSON of their `data:` lines, and how to change it where it stands. */
import type { Json } from './format.ts';

export interface EventData {
  /** Where the JSON stands in the joined chunks. */
  readonly start: number;
  readonly end: number;
  readonly body: Json;
}

/** A new text for a stretch of the joined chunks. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The events in `joined`. A line that is no JSON (`[DONE]`, or malformed on purpose) is none. */
export function eventsIn(joined: string): EventData[] {
  const events: EventData[] = [];
  for (let from = 0; from < joined.length; ) {
    const newline = joined.indexOf('\n', from);
    const end = newline < 0 ? joined.length : newline;
    if (joined.startsWith('data:', from)) {
      try {
        events.push({ start: from + 5, end, body: JSON.parse(joined.slice(from + 5, end)) as Json });
      } catch {
        // Left to those who look at the text itself.
      }
    }
    from = end + 1;
  }
  return events;
}

/**
 * The chunks with the edits made. An edit that reaches over the end of a chunk stands in the one where it begins. `edits` are in order
 * and do not overlap.
 */
export function editChunks(chunks: readonly string[], edits: readonly Edit[]): string[] {
  let offset = 0;
  return chunks.map((chunk) => {
    const end = offset + chunk.length;
    let text = '';
    let from = offset;
    for (const edit of edits) {
      if (edit.end <= offset || edit.start >= end) continue;
      text += chunk.slice(from - offset, Math.max(edit.start, from) - offset);
      if (edit.start >= offset) text += edit.text;
      from = Math.min(edit.end, end);
    }
    text += chunk.slice(from - offset);
    offset = end;
    return text;
  });
}
