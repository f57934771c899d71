import { expect, describe as group, it } from 'vitest';
import { FakeArm } from '../../src/cli/conformance/fake-arm.ts';
import { describe, mainTable, moreTable, runTable, type Table } from '../../src/cli/conformance/run.ts';

const play = (table: Table) => runTable(table, () => new FakeArm());

group('the tmux model', () => {
  it.each([mainTable(), moreTable()])('does in every case of $name what tmux 3.3a did', async (table) => {
    const { played, differences } = await play(table);
    expect(differences.map(describe)).toEqual([]);
    expect([...played].sort()).toEqual([...table.rows.keys()].sort());
  });

  it('is held against the 522 recorded cases', () => {
    expect(mainTable().rows.size).toBe(522);
  });

  it.each([{ exit: 7 }, { stdout: 'else\n' }, { stderr: '' }])('is compared in %o', async (wrong) => {
    const table = mainTable();
    const rows = new Map(table.rows);
    rows.set('missing/has-session', { ...rows.get('missing/has-session')!, ...wrong });
    const sections = table.sections.filter(({ name }) => name === 'missing-target');
    const { differences } = await play({ ...table, rows, sections });
    expect(differences.map((each) => each.case)).toEqual(['missing/has-session']);
  });

  it('answers alike in every run', async () => {
    const answers = async () => JSON.stringify((await play({ ...mainTable(), rows: new Map() })).differences);
    expect(await answers()).toBe(await answers());
  });
});
