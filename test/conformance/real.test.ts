import { expect, describe as group, it } from 'vitest';
import { RealArm, whyNotReal } from '../../src/cli/conformance/real-arm.ts';
import { describe, mainTable, moreTable, REAL_PLAYING, runTable } from '../../src/cli/conformance/run.ts';

const reason = whyNotReal();
const asRoot = process.getuid!() === 0;

group(reason === null ? 'the installed tmux' : `the installed tmux (skipped: ${reason})`, () => {
  it.skipIf(reason !== null).each([mainTable(), moreTable()])(
    'still does in every case of $name what was recorded',
    { timeout: 120_000 },
    async (table) => {
      const { played, differences } = await runTable(table, () => new RealArm(), REAL_PLAYING);
      expect(differences.map(describe)).toEqual([]);
      const unplayed = [...table.rows.keys()].filter((each) => !played.includes(each));
      if (asRoot) expect(unplayed).toEqual([]);
    },
  );

  if (reason === null && !asRoot) {
    it.skip('still does what was recorded for root: perm/500, perm/000, perm-nonroot, other-user-socket');
  }
});
