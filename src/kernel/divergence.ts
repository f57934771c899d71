import type { Trace, TraceEntry } from './trace.ts';

/** The first place where two runs of the same thing differ. Null: that run had ended. */
export interface Divergence {
  readonly seq: number;
  readonly first: TraceEntry | null;
  readonly second: TraceEntry | null;
  /** The last entry they share, or null when they differ from the start. */
  readonly before: TraceEntry | null;
}

/** Outcome of running something twice. `divergence` is null exactly when both runs were the same. */
export interface Attestation {
  readonly hash: string;
  readonly divergence: Divergence | null;
}

/** Compares two kept traces entry by entry. Null when they are equal. */
export function firstDivergence(first: readonly TraceEntry[], second: readonly TraceEntry[]): Divergence | null {
  const length = Math.max(first.length, second.length);
  for (let seq = 0; seq < length; seq++) {
    const [one, other] = [first[seq] ?? null, second[seq] ?? null];
    if (one === null || other === null || !same(one, other)) {
      return { seq, first: one, second: other, before: first[seq - 1] ?? null };
    }
  }
  return null;
}

/**
 * Runs `run` twice and compares the traces. `run` must build everything it uses anew and keep its trace (`keepTrace`);
 * throws when it did not keep it.
 */
export async function attest(run: () => Trace | Promise<Trace>): Promise<Attestation> {
  const first = kept(await run());
  const second = kept(await run());
  return { hash: first.hash, divergence: firstDivergence(first.entries, second.entries) };
}

/** A divergence in words, one line each: what both had, then what each of them did next. */
export function describeDivergence(divergence: Divergence): string {
  return [
    `the two runs differ from entry ${divergence.seq} on`,
    `  both:   ${describe(divergence.before, '(nothing yet)')}`,
    `  first:  ${describe(divergence.first, '(the run had ended)')}`,
    `  second: ${describe(divergence.second, '(the run had ended)')}`,
  ].join('\n');
}

function kept(trace: Trace): Trace {
  if (trace.entries.length !== trace.length) throw new Error('attest needs kept traces: run with keepTrace: true');
  return trace;
}

function same(one: TraceEntry, other: TraceEntry): boolean {
  return (
    one.time === other.time &&
    one.actor === other.actor &&
    one.type === other.type &&
    one.detail === other.detail &&
    one.cause === other.cause
  );
}

function describe(entry: TraceEntry | null, absent: string): string {
  if (entry === null) return absent;
  const cause = entry.cause < 0 ? '' : ` (after entry ${entry.cause})`;
  return `${entry.time} ms ${entry.actor}: ${entry.type} ${entry.detail}`.trimEnd() + cause;
}
