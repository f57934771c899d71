/** What drifted, and how bad that is. */

/** From the worst on. */
export const SEVERITIES = ['breaking', 'dangerous', 'minor', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** - `sent`: the client writes it. `read`: the core's adapters look at it.
 *  - `recorded`: it stands in recordings, and the adapters do not look at it.
 *  - `model`: it is in what the provider sends to its model. */
export type Use = 'sent' | 'read' | 'recorded' | 'model';

/** What happened to a frame, a field or a process. */
export type Change =
  | 'frame-removed'
  | 'frame-added'
  /** A frame of a kind that no recording has. */
  | 'frame-new'
  /** The same, and the provider waits for an answer to it. */
  | 'request-new'
  /** A request of the client is answered with an error where it was not. */
  | 'request-refused'
  | 'frame-moved'
  | 'field-removed'
  | 'field-added'
  /** Was always there; may be left out or null now. */
  | 'field-optional'
  /** Must be sent now, and is not. */
  | 'field-required'
  | 'type-changed'
  /** May be of a further type now. */
  | 'type-widened'
  | 'value-added'
  /** A value that is in use is not among the possible ones any more. */
  | 'value-removed'
  | 'value-changed'
  | 'text-changed'
  | 'version-changed'
  | 'stderr-changed'
  | 'exit-changed'
  /** An act of the client could not be done: what it answers never came, or the process was gone. */
  | 'conversation-stopped';

export interface Observation {
  /** `schema`: in the schema that the provider prints; `conversation`: in what it did. */
  readonly source: 'schema' | 'conversation';
  readonly change: Change;
  readonly use: Use;
  /** Kind of frame, e.g. `turn/completed`, `answer to turn/start`, `POST /v1/responses`, or `process`. */
  readonly frame: string;
  /** JSON path of the field, `[]` for the elements of arrays; empty for the frame as a whole. */
  readonly path: string;
  readonly was: string | null;
  readonly now: string | null;
  /** Scenario of the recording that it was seen with. */
  readonly recording: string;
}

/** All observations that say the same. */
export interface Finding {
  readonly severity: Severity;
  /** Where it shows, in order. */
  readonly sources: readonly Observation['source'][];
  readonly change: Change;
  readonly use: Use;
  readonly frame: string;
  readonly path: string;
  /** Of the first observation; others may have other values. */
  readonly was: string | null;
  readonly now: string | null;
  /** Scenarios, in order. */
  readonly recordings: readonly string[];
}

type Row = Readonly<Record<Use, Severity>>;
const row = (sent: Severity, read: Severity, recorded: Severity, model: Severity): Row => ({
  sent,
  read,
  recorded,
  model,
});
const all = (severity: Severity): Row => row(severity, severity, severity, severity);

/**
 * Breaking: the adapters cannot do their work. Dangerous: a recording says what is no longer true, or the adapters meet
 * what they were never tested with. Minor: nothing recorded is wrong, there is more now. Info: words.
 * What only recordings have is one step milder than what the adapters need.
 */
const TABLE: Readonly<Record<Change, Row>> = {
  'frame-removed': row('breaking', 'breaking', 'dangerous', 'dangerous'),
  'frame-added': all('dangerous'),
  // Clients ignore kinds that they do not know: the set grows (facts/claude-wire.md 1.1).
  'frame-new': row('minor', 'minor', 'minor', 'dangerous'),
  'request-new': all('breaking'),
  'request-refused': all('breaking'),
  'frame-moved': all('dangerous'),
  'field-removed': row('breaking', 'breaking', 'dangerous', 'minor'),
  'field-added': all('minor'),
  'field-optional': row('info', 'dangerous', 'minor', 'minor'),
  'field-required': row('breaking', 'info', 'info', 'info'),
  'type-changed': row('breaking', 'breaking', 'dangerous', 'minor'),
  'type-widened': row('info', 'dangerous', 'minor', 'minor'),
  'value-added': row('info', 'dangerous', 'minor', 'minor'),
  'value-removed': row('breaking', 'dangerous', 'dangerous', 'minor'),
  'value-changed': row('dangerous', 'dangerous', 'minor', 'minor'),
  'text-changed': all('info'),
  'version-changed': all('info'),
  'stderr-changed': all('info'),
  'exit-changed': all('breaking'),
  'conversation-stopped': all('breaking'),
};

export function severityOf(change: Change, use: Use): Severity {
  return TABLE[change][use];
}

/** True when `severity` is at least as bad as `threshold`. */
export function reaches(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}

/** One finding for all observations that say the same, in a stable order: the worst first. */
export function merge(observations: readonly Observation[]): Finding[] {
  const groups = new Map<string, Observation[]>();
  for (const observation of observations) {
    const key = keyOf(observation);
    groups.set(key, [...(groups.get(key) ?? []), observation]);
  }
  const ranked = [...groups].map(([key, same]) => {
    const { change, use, frame, path, was, now } = same[0]!;
    const severity = severityOf(change, use);
    const sources = [...new Set(same.map(({ source }) => source))].sort();
    const recordings = [...new Set(same.map(({ recording }) => recording))].sort();
    const finding: Finding = { severity, sources, change, use, frame, path, was, now, recordings };
    return { rank: `${SEVERITIES.indexOf(severity)} ${key}`, finding };
  });
  return ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ finding }) => finding);
}

/** Equal for observations that say the same. The values only count where they are the news. */
export function keyOf({ change, use, frame, path, was, now }: Observation): string {
  const values = change === 'value-added' || change === 'value-removed' ? [was, now] : [];
  return JSON.stringify([frame, path, change, use, ...values]);
}
