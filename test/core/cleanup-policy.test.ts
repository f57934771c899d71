import { describe, expect, it } from 'vitest';
import {
  type Cleanup,
  type CleanupCause,
  cleanupAfter,
  type UsePhase,
} from '../../src/core/providers/cleanup-policy.ts';
import { leased } from './shared-clients-kit.ts';
import { settled } from './stepped-clock.ts';

const PHASES: readonly UsePhase[] = ['acquire', 'start', 'turn'];
const CAUSES: readonly CleanupCause[] = [
  'unauthorized',
  'rate-limited',
  'overloaded',
  'rejected',
  'unavailable',
  'other',
  'timed-out',
  'aborted',
  'transport',
  'silent',
];
const LOGICAL: ReadonlySet<CleanupCause> = new Set(['unauthorized', 'rate-limited', 'rejected', 'other']);

/** What the latest rules of facts/pairs-and-shared-client.md B1 (era 3) say, row by row; null where they have no row. */
function era3(cause: CleanupCause, phase: UsePhase, spawnedBy: boolean): Cleanup | null {
  // "acquire failed, peer still owns the client": the peer keeps it.
  if (phase === 'acquire') return 'release';
  if (cause === 'silent') return 'fail-all';
  if (phase === 'turn') return cause === 'timed-out' ? 'retire' : null;
  if (cause === 'aborted' || cause === 'timed-out' || cause === 'transport') return 'retire';
  if (cause === 'overloaded' || cause === 'unavailable') return 'release';
  return spawnedBy ? 'release' : 'retire';
}

describe.each(CAUSES)('the cleanup policy after %s', (cause) => {
  it.each(PHASES.flatMap((phase) => [true, false].map((spawnedBy) => ({ phase, spawnedBy }))))(
    'is that of era 3, or differs on purpose: %o',
    ({ phase, spawnedBy }) => {
      const theirs = era3(cause, phase, spawnedBy);
      const ours = cleanupAfter(cause, phase);
      // The one row where we differ: a logical error of a top-level run releases, as a helper's does.
      const onPurpose = phase === 'start' && !spawnedBy && LOGICAL.has(cause);
      if (onPurpose) expect([theirs, ours]).toEqual(['retire', 'release']);
      else if (theirs !== null) expect(ours).toBe(theirs);
      else expect(ours).toBe(cause === 'transport' ? 'retire' : 'release');
    },
  );

  const GRID = PHASES.flatMap((phase) => [0, 1, 3].map((coLeases) => ({ phase, coLeases })));

  it.each(GRID)('is carried out: %o', async ({ phase, coLeases }) => {
    const world = await leased(coLeases + 1);
    const [failing, ...others] = world.leases;
    failing!.releaseAfter(cause, phase);
    failing!.releaseAfter(cause, phase);
    failing!.release();
    const cleanup = cleanupAfter(cause, phase);
    await settled();
    const closed = cleanup === 'fail-all' || (cleanup === 'retire' && coLeases === 0);
    expect(world.client.end?.kind ?? null).toBe(closed ? 'closed' : null);
    // Whoever comes next gets the same client exactly when it was kept.
    const next = world.clients.acquire('p1', 'next');
    if (cleanup !== 'release') world.arrive();
    const acquired = await next;
    expect(acquired.ok && acquired.value.client === world.client).toBe(cleanup === 'release');
    // A logical failure of one holder closes nothing held by others (C1 S17).
    for (const other of others) other.release();
    expect(world.client.end?.kind ?? null).toBe(cleanup === 'release' ? null : 'closed');
  });
});
