import type { ModelAsk } from './ask.ts';

/** What identifies one answer: which conversation, and which of its answers. */
export interface AnswerKey {
  readonly lane: string;
  /** Counts the requests of a conversation from 1. */
  readonly step: number;
  /** Counts the requests with the same conversation content from 1. */
  readonly attempt: number;
}

/** Overrides for callers that count themselves, which makes an answer a pure function of the request. */
export const STEP_HEADER = 'x-reprise-step';
export const ATTEMPT_HEADER = 'x-reprise-attempt';

/**
 * Counts requests per conversation. Ids come from these counts only, never from the order in which requests of different
 * conversations arrive: that order is a race (facts/codex-wire.md 6.3, "harness artefact").
 */
export class AnswerCounter {
  readonly #steps = new Map<string, number>();
  readonly #attempts = new Map<string, number>();

  count(ask: ModelAsk, headers: Headers): AnswerKey {
    const same = JSON.stringify([ask.provider, ask.lane, ask.length, ask.user, ask.toolResults]);
    return {
      lane: ask.lane,
      step: Number(headers.get(STEP_HEADER) ?? bump(this.#steps, `${ask.provider} ${ask.lane}`)),
      attempt: Number(headers.get(ATTEMPT_HEADER) ?? bump(this.#attempts, same)),
    };
  }
}

function bump(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}

/** `msg_<lane>_<step>`, with `_<index>` for the items of an answer. Only characters that every provider allows. */
export function answerId(prefix: string, key: AnswerKey, index?: number): string {
  const lane = key.lane.replaceAll(/[^A-Za-z0-9-]/g, '_');
  return index === undefined ? `${prefix}_${lane}_${key.step}` : `${prefix}_${lane}_${key.step}_${index}`;
}
