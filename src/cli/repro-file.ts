import type { ReproFile } from '../explore/types.ts';
import { FAULTS, STEPS } from '../scenario/kinds/catalogue.ts';
import type { Field, Fields, Kinds } from '../scenario/kinds/field.ts';
import { CHAT_OPTIONS, CHAT_SETUP, WORLD_OPTIONS } from '../scenario/kinds/setup.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { jsonErrorAt } from '../transcript/json-error.ts';
import {
  boolean,
  type Check,
  integer,
  lineOf,
  listOf,
  oneOf,
  orNull,
  pathText,
  record,
  tagged,
  text,
  tuple,
} from './check.ts';
import { InputError } from './errors.ts';
import { readText } from './io.ts';
import { packageVersion } from './package.ts';

const NATURAL = integer(0);

function checkOf(field: Field): Check {
  if (field.type === 'choice') return oneOf(...field.values);
  return field.type === 'count' ? integer(field.min) : NATURAL;
}

function checksOf(fields: Fields): Record<string, Check> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, checkOf(field)]));
}

function kindsOf(kinds: Kinds): Record<string, Record<string, Check>> {
  return Object.fromEntries(
    Object.entries(kinds).map(([name, { fields }]) => [name, { at: NATURAL, ...checksOf(fields) }]),
  );
}

const SCENARIO: Check = record(
  {
    format: oneOf(1),
    pairs: integer(1, 64),
    chats: listOf(record(checksOf(CHAT_SETUP), checksOf(CHAT_OPTIONS)), 1, 128),
    coTenant: boolean,
    steps: listOf(tagged('do', kindsOf(STEPS))),
    faults: listOf(tagged('kind', kindsOf(FAULTS))),
    choices: listOf(tuple(oneOf('pick', 'delay'), NATURAL, integer(1))),
  } satisfies Record<keyof Omit<Scenario, keyof typeof WORLD_OPTIONS>, Check>,
  checksOf(WORLD_OPTIONS),
);

const REPRO: Check = record({
  format: oneOf(1),
  reprise: text,
  rule: orNull(text),
  canary: orNull(text),
  hash: orNull(text),
  scenario: SCENARIO,
} satisfies Record<keyof ReproFile, Check>);

/**
 * Reads a repro file, or a file with a scenario alone, which is expected to pass. Throws {@link InputError} with file,
 * line, what was expected and what is there.
 */
export function readRepro(path: string): ReproFile {
  const json = readText(path, "a scenario, or of a repro file as 'reprise explore' writes it");
  const wrongAt = jsonErrorAt(json);
  if (wrongAt >= 0) {
    const line = json.slice(0, wrongAt).split('\n').length;
    const there = json[wrongAt] === undefined ? 'the file ends' : `there is ${JSON.stringify(json[wrongAt])}`;
    throw new InputError(`${path}:${line}: not JSON: ${there} where the document should go on. ${ADVICE}`);
  }
  const value = JSON.parse(json) as object | null;
  const bare = value !== null && typeof value === 'object' && 'steps' in value;
  const problem = (bare ? SCENARIO : REPRO)(value, []);
  if (problem) {
    const where = `${path}:${lineOf(json, problem.path)}`;
    const seen = problem.seen === 'nothing' ? '' : `, found ${problem.seen}`;
    throw new InputError(`${where}: ${pathText(problem.path)}: expected ${problem.expected}${seen}. ${ADVICE}`);
  }
  if (!bare) return value as ReproFile;
  return { format: 1, reprise: packageVersion(), rule: null, canary: null, hash: null, scenario: value as Scenario };
}

const ADVICE = "Correct the line, or let 'reprise explore' write the file again.";

/** The text of a repro file: one step, fault or choice a line, to be read and edited by hand. */
export function reproText(file: ReproFile): string {
  const { scenario, ...head } = file;
  const keys = Object.entries(scenario).map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const lines = value.map((item) => `      ${JSON.stringify(item)}`);
    return `    ${JSON.stringify(key)}: [\n${lines.join(',\n')}\n    ]`;
  });
  const start = JSON.stringify(head, null, 2).replace(/\n\}$/, '');
  return `${start},\n  "scenario": {\n${keys.join(',\n')}\n  }\n}\n`;
}
