import { expect, describe as group, it } from 'vitest';
import { FakeArm } from '../../src/cli/conformance/fake-arm.ts';
import { describe, readTable, runSections, SECTIONS } from '../../src/cli/conformance/run.ts';

group('the tmux model', () => {
  it('does in every recorded case what tmux 3.3a did', async () => {
    const table = readTable();
    const { played, differences } = await runSections(SECTIONS, () => new FakeArm(), table);
    expect(differences.map(describe)).toEqual([]);
    expect([...played].sort()).toEqual([...table.keys()].sort());
    expect(table.size).toBe(522);
  });

  it('is compared in exit status, output and errors', async () => {
    const sections = SECTIONS.filter(({ name }) => name === 'missing-target');
    for (const wrong of [{ exit: 7 }, { stdout: 'else\n' }, { stderr: '' }]) {
      const table = new Map(readTable());
      table.set('missing/has-session', { ...table.get('missing/has-session')!, ...wrong });
      const { differences } = await runSections(sections, () => new FakeArm(), table);
      expect(differences.map((each) => each.case)).toEqual(['missing/has-session']);
    }
  });

  it('answers alike in every run', async () => {
    const play = async () => {
      const rows = new Map(readTable());
      const { differences } = await runSections(SECTIONS, () => new FakeArm(), new Map());
      expect(differences).toHaveLength(rows.size);
      return JSON.stringify(differences);
    };
    expect(await play()).toBe(await play());
  });
});
