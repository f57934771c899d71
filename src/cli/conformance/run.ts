import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Arm, Outcome } from './arm.ts';
import { UNANSWERED } from './fake-arm.ts';
import { type Row, Script, type Section } from './script.ts';
import { BASIC_SECTIONS } from './sections-basic.ts';
import { DIRECTORY_SECTIONS } from './sections-directories.ts';
import { NAME_SECTIONS } from './sections-names.ts';
import { PANE_SECTIONS } from './sections-panes.ts';
import { SERVER_SECTIONS } from './sections-server.ts';

/** Recorded rows, and the steps that play them. */
export interface Table {
  readonly name: string;
  readonly rows: ReadonlyMap<string, Row>;
  readonly sections: readonly Section[];
}

/** The recorded behaviour, case by case with its set-up. */
export function mainTable(): Table {
  return {
    name: 'tmux-3.3a.ndjson',
    rows: readRows('tmux-3.3a.ndjson'),
    sections: [...BASIC_SECTIONS, ...NAME_SECTIONS, ...PANE_SECTIONS, ...SERVER_SECTIONS, ...DIRECTORY_SECTIONS],
  };
}

/** Further commands, one after the other on one server. */
export function moreTable(): Table {
  const rows = readRows(MORE);
  const more: Section = {
    name: 'more',
    async play(script) {
      for (const row of rows.values()) await script.play(row);
    },
  };
  return { name: MORE, rows, sections: [more] };
}

const MORE = 'tmux-3.3a-more.ndjson';

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
  /** Cases that differed when first played and not when their section was played again. */
  readonly unsteady: readonly Difference[];
}

/** How a table is played. */
export interface Playing {
  /** Sections that are played at the same time; on a real machine nearly all of their time is waiting. */
  readonly lanes: number;
  /** How often a section with differences is played before they count. */
  readonly plays: number;
}

/**
 * The real tmux is not always of one mind: of a program that ends at once it loses the last output in some 5 % of runs
 * (measured: the terminal is hung up before it is read). What differs every time is a difference.
 */
export const REAL_PLAYING: Playing = { lanes: 3, plays: 3 };

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../test/conformance/${file}`, import.meta.url));
}

/** What tmux 3.3a was recorded to do, by case. Throws when the file is not what it should be. */
function readRows(file: string): ReadonlyMap<string, Row> {
  const lines = readFileSync(pathOf(file), 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as Row).map((row) => [row.case, row]));
}

/** Plays the further commands on `arm` and writes what it did as the table. */
export async function recordMore(arm: Arm): Promise<number> {
  const lines: string[] = [];
  const { rows, sections } = moreTable();
  const script = new Script(arm, (got) => {
    const { waitMs } = rows.get(got.case)!;
    lines.push(JSON.stringify(waitMs === undefined ? got : { ...got, waitMs }));
  });
  try {
    await sections[0]!.play(script);
  } finally {
    await arm.dispose();
  }
  writeFileSync(pathOf(MORE), `${lines.join('\n')}\n`);
  return lines.length;
}

/** Plays a table's sections, each on a new arm, and compares. */
export async function runTable(
  { rows, sections }: Table,
  makeArm: () => Arm,
  { lanes, plays }: Playing = { lanes: 1, plays: 1 },
): Promise<Report> {
  const reports = new Map<Section, Report>();
  const waiting = [...sections];
  const lane = async () => {
    for (let section = waiting.shift(); section; section = waiting.shift()) {
      let report = await playSection(section, makeArm(), rows);
      for (let again = 1; again < plays && report.differences.length > 0; again++) {
        report = bothTimes(report, await playSection(section, makeArm(), rows));
      }
      reports.set(section, report);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const inOrder = sections.map((section) => reports.get(section)!);
  return {
    played: inOrder.flatMap(({ played }) => played),
    differences: inOrder.flatMap(({ differences }) => differences),
    unsteady: inOrder.flatMap(({ unsteady }) => unsteady),
  };
}

/** Only a case that differed both times is a difference. */
function bothTimes(before: Report, now: Report): Report {
  const still = new Set(now.differences.map((each) => each.case));
  return {
    played: now.played,
    differences: before.differences.filter((each) => still.has(each.case)),
    unsteady: [...before.unsteady, ...before.differences.filter((each) => !still.has(each.case))],
  };
}

async function playSection(section: Section, arm: Arm, rows: ReadonlyMap<string, Row>): Promise<Report> {
  const played: string[] = [];
  const differences: Difference[] = [];
  const script = new Script(arm, (got) => {
    played.push(got.case);
    const difference = compare(rows.get(got.case), got);
    if (difference) differences.push(difference);
  });
  try {
    await section.play(script);
  } finally {
    await arm.dispose();
  }
  return { played, differences, unsteady: [] };
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
