import { loadCanaries } from '../../explore/canaries.ts';
import { fieldWords, type KindEntry, kindEntry } from '../../report/catalogue.ts';
import { counted } from '../../report/time.ts';
import { allRules } from '../../scenario/all-rules.ts';
import { EVERYDAY, TOPICS } from '../../scenario/kinds/catalogue.ts';
import type { Kinds } from '../../scenario/kinds/field.ts';
import { CHAT_OPTIONS, CHAT_SETUP, WORLD_OPTIONS } from '../../scenario/kinds/setup.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../errors.ts';

/** A list, and how it is printed for people. */
interface Catalogue {
  readonly entries: readonly object[] | object;
  readonly text: string;
}

const CATALOGUES: Readonly<Record<string, () => Promise<Catalogue>>> = {
  rules,
  steps: async () => kindList('step', entriesOf('steps')),
  faults: async () => kindList('fault', entriesOf('faults')),
  setup: async () => setup(),
  bugs,
};

export const catalogueCommand: Command = {
  name: 'catalogue',
  summary: 'Lists what a scenario can be made of, the rules that are checked, and the known bugs.',
  operands: Object.keys(CATALOGUES).join('|'),
  count: [1, 1],
  options: { json: { help: 'print one JSON document' } },
  details:
    'rules: what must hold, where it comes from, and the known bugs that break it.\nsteps, faults: what users do and what goes wrong, with the fields of each.\nsetup: what chats and the world can be. bugs: the known bugs.',
  async run(io, given) {
    const name = given.positionals[0]!;
    const catalogue = Object.hasOwn(CATALOGUES, name) ? CATALOGUES[name] : undefined;
    if (!catalogue) {
      throw new UsageError(
        `there is no catalogue of '${name}'; there are: ${Object.keys(CATALOGUES).join(', ')}`,
        'catalogue',
      );
    }
    const { entries, text } = await catalogue();
    io.out(given.values.json ? JSON.stringify(entries, null, 2) : text);
    return 0;
  },
};

async function rules(): Promise<Catalogue> {
  const canaries = await loadCanaries();
  const entries = allRules().map((rule) => ({
    ...rule,
    bugs: canaries.filter((canary) => canary.rules.includes(rule.id)).map(({ id }) => id),
  }));
  const blocks = entries.map(({ id, kind, sentence, source, bugs }) =>
    [`${id} (${kind})`, `  ${sentence}`, `  from   ${source}`, `  bugs   ${bugs.join(', ')}`].join('\n'),
  );
  return { entries, text: listed(blocks, 'rule') };
}

async function bugs(): Promise<Catalogue> {
  const entries = await loadCanaries();
  const blocks = entries.map(({ id, title, source, rules }) =>
    [id, `  ${title}`, `  from   ${source}`, `  breaks ${rules.join(', ')}`].join('\n'),
  );
  return { entries, text: listed(blocks, 'known bug') };
}

function setup(): Catalogue {
  const entries = {
    chat: fieldWords({ ...CHAT_SETUP, ...CHAT_OPTIONS }),
    world: fieldWords(WORLD_OPTIONS),
  };
  const blocks = Object.entries(entries).map(([name, fields]) => [name, ...fieldLines(fields)].join('\n'));
  return {
    entries,
    text: [...blocks, 'All but provider and pair may be left out: that means the first value.'].join('\n\n'),
  };
}

function entriesOf(what: 'steps' | 'faults'): KindEntry[] {
  const everyday: { readonly name: string; readonly steps: Kinds; readonly faults: Kinds } = {
    name: 'everyday',
    steps: EVERYDAY,
    faults: {},
  };
  return [everyday, ...TOPICS].flatMap((topic) =>
    Object.entries(topic[what]).map(([name, kind]) => kindEntry(name, topic.name, kind)),
  );
}

function kindList(what: string, entries: readonly KindEntry[]): Catalogue {
  const blocks = entries.map(({ name, topic, example, fields }) =>
    [`${name} (${topic})`, `  e.g. ${example}`, ...fieldLines(fields)].join('\n'),
  );
  return { entries, text: listed(blocks, `kind of ${what}`, `kinds of ${what}`) };
}

function fieldLines(fields: Readonly<Record<string, string>>): string[] {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields).map(([name, values]) => `  ${name.padEnd(width)}  ${values}`);
}

function listed(blocks: readonly string[], one: string, many?: string): string {
  return [...blocks, counted(blocks.length, one, many)].join('\n\n');
}
