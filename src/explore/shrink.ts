import type { Choice } from '../kernel/choices.ts';
import { FAULTS, STEPS } from '../scenario/kinds/catalogue.ts';
import type { Field, Kind } from '../scenario/kinds/field.ts';
import { CHAT_OPTIONS, WORLD_OPTIONS } from '../scenario/kinds/setup.ts';
import type { ChatSetup, Fault, Scenario, Step } from '../scenario/scenario.ts';

/** Does this scenario still break the same rule? */
export type StillFails = (scenario: Scenario) => boolean;

/** One thing that may be left out. */
type Decision =
  | { readonly part: 'step'; readonly value: Step }
  | { readonly part: 'fault'; readonly value: Fault }
  | { readonly part: 'choice'; readonly value: Choice };

const SIMPLE_TIMES = [0, 1, 50, 200, 1_000, 2_000, 5_000, 10_000, 30_000] as const;

/**
 * Makes a failing scenario smaller while it breaks the same rule: leaves out steps, faults and choices together (they are
 * one list, so that a fault and the step it needs go in one pass), then pairs and chats, then simplifies what is left.
 * Repeats to a fixed point or until `budget` runs are spent. Deterministic.
 */
export function shrink(scenario: Scenario, stillFails: StillFails, budget = 600): { scenario: Scenario; runs: number } {
  let runs = 0;
  let best = scenario;
  const accept = (candidate: Scenario): boolean => {
    if (runs >= budget || JSON.stringify(candidate) === JSON.stringify(best)) return false;
    runs++;
    if (!stillFails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before = ''; before !== JSON.stringify(best) && runs < budget; ) {
    before = JSON.stringify(best);
    leaveOut(() => best, accept);
    fewerPairsAndChats(() => best, accept);
    simplify(() => best, accept);
  }
  return { scenario: best, runs };
}

/** Delta debugging: ever smaller stretches of the list, down to single decisions. */
function leaveOut(best: () => Scenario, accept: (candidate: Scenario) => boolean): void {
  let decisions = decisionsOf(best());
  for (let length = Math.ceil(decisions.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let start = 0; start < decisions.length; ) {
      const rest = [...decisions.slice(0, start), ...decisions.slice(start + length)];
      if (accept(withDecisions(best(), rest))) decisions = rest;
      else start += length;
    }
  }
}

function fewerPairsAndChats(best: () => Scenario, accept: (candidate: Scenario) => boolean): void {
  for (let index = best().chats.length - 1; index >= 0 && best().chats.length > 1; index--) {
    accept(withoutChat(best(), index));
  }
  if (best().coTenant) accept({ ...best(), coTenant: false });
  for (let pairs = 1; pairs < best().pairs; pairs++) if (accept(withPairs(best(), pairs))) break;
  for (const name of Object.keys(WORLD_OPTIONS)) if (name in best()) accept(without(best(), name));
  for (const [index, chat] of best().chats.entries()) {
    const replace = (value: ChatSetup) =>
      accept({ ...best(), chats: best().chats.map((old, position) => (position === index ? value : old)) });
    for (const name of Object.keys(CHAT_OPTIONS)) if (name in chat) replace(without(best().chats[index]!, name));
    if (chat.provider === 'claude') replace({ ...best().chats[index]!, provider: 'codex' });
    if (chat.pair > 0) replace({ ...best().chats[index]!, pair: 0 });
  }
}

/** An option that is left out is as usual. */
function without<T extends object>(value: T, name: string): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as T;
}

function simplify(best: () => Scenario, accept: (candidate: Scenario) => boolean): void {
  for (const list of ['steps', 'faults'] as const) {
    for (let index = 0; index < best()[list].length; index++) {
      for (const [name, values] of simplerValues(best()[list][index]!)) {
        const item = best()[list][index] as Step | Fault;
        const current = (item as unknown as Record<string, unknown>)[name];
        for (const value of values) {
          if (value === current) break;
          const changed = { ...item, [name]: value };
          const items = best()[list].map((old, position) => (position === index ? changed : old));
          if (accept({ ...best(), [list]: items })) break;
        }
      }
    }
  }
  for (const [index, [kind, ordinal, value]] of best().choices.entries()) {
    if (value <= 1) continue;
    const choices = best().choices.map((old, position): Choice => (position === index ? [kind, ordinal, 1] : old));
    accept({ ...best(), choices });
  }
}

/** Values to try for each field, simplest first; trying stops at the present one. */
function simplerValues(item: Step | Fault): (readonly [string, readonly unknown[]])[] {
  const { fields, armed }: Kind = 'do' in item ? STEPS[item.do] : FAULTS[item.kind];
  const own = Object.entries(fields).map(([name, field]) => [name, simplest(field)] as const);
  return armed ? own : [['at', SIMPLE_TIMES], ...own];
}

function simplest(field: Field): readonly unknown[] {
  if (field.type === 'choice') return field.values;
  if (field.type === 'ms') return field.usual;
  return field.type === 'count' ? [field.min] : [];
}

function decisionsOf(scenario: Scenario): Decision[] {
  return [
    ...scenario.choices.map((value): Decision => ({ part: 'choice', value })),
    ...scenario.faults.map((value): Decision => ({ part: 'fault', value })),
    ...scenario.steps.map((value): Decision => ({ part: 'step', value })),
  ];
}

function withDecisions(scenario: Scenario, decisions: readonly Decision[]): Scenario {
  const steps: Step[] = [];
  const faults: Fault[] = [];
  const choices: Choice[] = [];
  for (const decision of decisions) {
    if (decision.part === 'step') steps.push(decision.value);
    else if (decision.part === 'fault') faults.push(decision.value);
    else choices.push(decision.value);
  }
  return { ...scenario, steps, faults, choices };
}

/** Leaves out one chat and what its users do; the others keep their meaning. */
function withoutChat(scenario: Scenario, gone: number): Scenario {
  const count = scenario.chats.length;
  const moved = (chat: number): number | null => {
    const index = chat % count;
    if (index === gone) return null;
    return index > gone ? index - 1 : index;
  };
  const keep = <Item extends Step | Fault>(items: readonly Item[]): Item[] =>
    items.flatMap((item) => {
      if (!('chat' in item)) return [item];
      const chat = moved(item.chat);
      return chat === null ? [] : [{ ...item, chat }];
    });
  return {
    ...scenario,
    chats: scenario.chats.filter((_, index) => index !== gone),
    steps: keep(scenario.steps),
    faults: keep(scenario.faults),
  };
}

/** Fewer pairs; indices are spelled out first, so that what is homed on a pair that stays, stays there. */
function withPairs(scenario: Scenario, pairs: number): Scenario {
  const spell = <Item extends object>(item: Item): Item =>
    'pair' in item ? { ...item, pair: (item.pair as number) % scenario.pairs } : item;
  return {
    ...scenario,
    pairs,
    chats: scenario.chats.map(spell),
    steps: scenario.steps.map(spell),
    faults: scenario.faults.map(spell),
  };
}
