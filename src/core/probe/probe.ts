import type { ProcessIdentity } from '../ports.ts';

/**
 * A question about the machine. `missing` is positive evidence of absence; whatever prevented an answer is `unknown`,
 * and nothing may ever be destroyed on `unknown`.
 */
export type Probe<Found> =
  | { readonly verdict: 'exists'; readonly found: Found; readonly evidence: string }
  | {
      readonly verdict: 'missing';
      readonly evidence: string;
      /** A process of it that is proven to be left over: it runs, and nobody can reach it any more. */
      readonly stray: ProcessIdentity | null;
    }
  | { readonly verdict: 'unknown'; readonly evidence: string };

export function exists<Found>(found: Found, evidence: string): Probe<Found> {
  return { verdict: 'exists', found, evidence };
}

export function missing(evidence: string, stray: ProcessIdentity | null = null): Probe<never> {
  return { verdict: 'missing', evidence, stray };
}

export function unknown(evidence: string): Probe<never> {
  return { verdict: 'unknown', evidence };
}
