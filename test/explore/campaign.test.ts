import { expect, it } from 'vitest';
import { FAULT_KINDS } from '../../src/explore/arbitrary.ts';
import { explore } from '../../src/explore/campaign.ts';

it('a campaign finds nothing in the core as it is, and every kind of fault acts in it', async () => {
  const { finding, runs, faults } = await explore({ runs: 2_500, seed: 1 });
  expect(finding?.violation ?? null).toBeNull();
  expect(runs).toBe(2_500);
  expect(Object.keys(faults).sort()).toEqual([...FAULT_KINDS].sort());
  // Only a limit for what hangs: a busy machine may take minutes.
}, 600_000);
