import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Arm, Outcome } from './arm.ts';
import { UNANSWERED } from './fake-arm.ts';
import { type Row, Script, type Section } from './script.ts';
import { BASIC_SECTIONS } from './sections-basic.ts';
import { DIRECTORY_SECTIONS } from './sections-directories.ts';
import { NAME_SECTIONS } from './sections-names.ts';
import { PANE_SECTIONS } from './sections-panes.ts';
import { SERVER_SECTIONS } from './sections-server.ts';

export const SECTIONS: readonly Section[] = [
  ...BASIC_SECTIONS,
  ...NAME_SECTIONS,
  ...PANE_SECTIONS,
  ...SERVER_SECTIONS,
  ...DIRECTORY_SECTIONS,
];

/** One way in which an arm did not do what was recorded. */
export interface Difference {
  readonly case: string;
  readonly argv: readonly string[];
  readonly expected: Outcome | null;
  /** Null: the case was not played. */
  readonly got: Outcome | null;
}

export interface Report {
  /** Names of the cases that were played, in order. */
  readonly played: readonly string[];
  readonly differences: readonly Difference[];
}

/** What tmux 3.3a was recorded to do, by case. Throws when the file is not what it should be. */
export function readTable(): ReadonlyMap<string, Row> {
  const path = fileURLToPath(new URL('../../../test/conformance/tmux-3.3a.ndjson', import.meta.url));
  const rows = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  return new Map(rows.map((row) => [row.case, row]));
}

/**
 * Plays sections, each on a new arm, and compares them with the table. `lanes` of them are played at the same time: on a
 * real machine nearly all of their time is waiting.
 */
export async function runSections(
  sections: readonly Section[],
  makeArm: () => Arm,
  table: ReadonlyMap<string, Row>,
  lanes = 1,
): Promise<Report> {
  const reports = new Map<Section, Report>();
  const waiting = [...sections];
  const lane = async () => {
    for (let section = waiting.shift(); section; section = waiting.shift()) {
      reports.set(section, await runSection(section, makeArm(), table));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const inOrder = sections.map((section) => reports.get(section)!);
  return {
    played: inOrder.flatMap(({ played }) => played),
    differences: inOrder.flatMap(({ differences }) => differences),
  };
}

async function runSection(section: Section, arm: Arm, table: ReadonlyMap<string, Row>): Promise<Report> {
  const played: string[] = [];
  const differences: Difference[] = [];
  const script = new Script(arm, (got) => {
    played.push(got.case);
    const difference = compare(table.get(got.case), got);
    if (difference) differences.push(difference);
  });
  try {
    await section.play(script);
  } finally {
    await arm.dispose();
  }
  return { played, differences };
}

function compare(expected: Row | undefined, got: Row): Difference | null {
  if (expected) {
    if (JSON.stringify(normalise(expected)) === JSON.stringify(normalise(got))) return null;
  }
  return { case: got.case, argv: got.argv, expected: expected ?? null, got };
}

/** Removes what differs from run to run of the real tmux: a pid in a name, the clock in a dead pane's last line. */
function normalise(row: Row): Row {
  let { stdout } = row;
  if (row.case === 'name/new/#{pid}' || row.case === 'name/list/#{pid}') stdout = stdout.replace(/^\d+$/m, 'PID');
  stdout = stdout.replace(/(Pane is dead \(.*, )\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\)/, '$1CLOCK)');
  return { case: row.case, argv: row.argv, exit: row.exit, stdout, stderr: row.stderr };
}

/** A difference as lines of text. */
export function describe({ case: name, argv, expected, got }: Difference): string {
  const show = (outcome: Outcome | null): string => {
    if (!outcome) return 'not in the table';
    if (outcome.exit === UNANSWERED) return `no answer: ${outcome.stderr}`;
    const { exit, stdout, stderr } = outcome;
    return `exit ${exit}, stdout ${JSON.stringify(stdout)}, stderr ${JSON.stringify(stderr)}`;
  };
  return `${name}\n  argv      ${JSON.stringify(argv)}\n  expected  ${show(expected)}\n  got       ${show(got)}\n`;
}
