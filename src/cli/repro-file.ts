import type { ReproFile } from '../explore/types.ts';
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
const CHAT = { at: NATURAL, chat: NATURAL };
const PAIR = { at: NATURAL, pair: NATURAL };

const STEP = tagged('do', {
  message: { ...CHAT, prompt: oneOf('hello', 'story', 'tool', 'approve') },
  answer: { ...CHAT, decision: oneOf('accept', 'decline') },
  interrupt: CHAT,
  attach: CHAT,
  detach: CHAT,
  close: CHAT,
  helper: CHAT,
  'tui-connect': PAIR,
  'tui-disconnect': PAIR,
  restart: { at: NATURAL },
} satisfies Record<Scenario['steps'][number]['do'], Readonly<Record<string, Check>>>);

const FAULT = tagged('kind', {
  'tmux-stall': { at: NATURAL, forMs: NATURAL },
  'tmux-kill': { at: NATURAL },
  'tmux-broken': { at: NATURAL, how: oneOf('ENOENT', 'EACCES', '127'), forMs: NATURAL },
  'app-server-exit': { ...PAIR, how: oneOf('exit', 'SIGKILL') },
  'transport-cut': PAIR,
  'claude-kill': CHAT,
  'model-error': {
    at: NATURAL,
    status: oneOf(401, 429, 500),
    who: oneOf('all', 'helpers'),
    when: oneOf('start', 'mid-turn'),
    forMs: NATURAL,
  },
  'daemon-crash': { at: NATURAL, downMs: NATURAL },
  'daemon-crash-at-write': { at: NATURAL, write: integer(1), downMs: NATURAL },
} satisfies Record<Scenario['faults'][number]['kind'], Readonly<Record<string, Check>>>);

const SCENARIO: Check = record({
  format: oneOf(1),
  pairs: integer(1, 4),
  chats: listOf(record({ provider: oneOf('codex', 'claude'), pair: NATURAL }), 1, 8),
  coTenant: boolean,
  steps: listOf(STEP),
  faults: listOf(FAULT),
  choices: listOf(tuple(oneOf('pick', 'delay'), NATURAL, integer(1))),
} satisfies Record<keyof Scenario, Check>);

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
