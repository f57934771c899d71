import { scenarioOfRun } from '../../explore/arbitrary.ts';
import { FAULTS } from '../../scenario/kinds/catalogue.ts';
import type { Kind } from '../../scenario/kinds/field.ts';
import { lengthOf } from '../../scenario/run.ts';
import type { Fault, Scenario, Step } from '../../scenario/scenario.ts';

/** What belongs to one pair: two chats, five steps, one fault. */
const A_PAIR = { pairs: 1, chats: 2, steps: 5, faults: 1, choices: 0 };
const SEED = 4_064;
/** All of them last so long, in virtual ms: the more pairs there are, the longer the longest of their troubles. */
const LENGTH_MS = 150_000;

/**
 * A scenario of so many pairs, all of them as busy as each other, and for as long: the trouble is each pair's own, so that
 * there is as much of it for each pair whatever their number. The same for the same arguments.
 */
export function grownScenario(pairs: number, number: number): Scenario {
  const all = Array.from({ length: pairs }, (_, pair) => onePair(number * 1_000 + pair * 10));
  const chatsBefore = (pair: number) => pair * A_PAIR.chats;
  const placed = <Item extends Step | Fault>(item: Item, pair: number): Item => ({
    ...item,
    ...('pair' in item ? { pair } : {}),
    ...('chat' in item ? { chat: chatsBefore(pair) + (item.chat % A_PAIR.chats) } : {}),
  });
  const end: Step = { at: LENGTH_MS, do: 'detach', chat: 0 };
  const byTime = (left: { readonly at: number }, right: { readonly at: number }) => left.at - right.at;
  const scenario: Scenario = {
    format: 1,
    pairs,
    chats: all.flatMap(({ chats }, pair) => chats.map((chat) => ({ ...chat, pair }))),
    coTenant: false,
    steps: [...all.flatMap(({ steps }, pair) => steps.map((step) => placed(step, pair))), end].sort(byTime),
    faults: all.flatMap(({ faults }, pair) => faults.map((fault) => placed(fault, pair))).sort(byTime),
    choices: [],
  };
  const length = lengthOf(scenario);
  if (length > LENGTH_MS) throw new Error(`a trouble that lasts for ${length} ms: make LENGTH_MS as large`);
  return scenario;
}

function onePair(first: number): Pick<Scenario, 'chats' | 'steps' | 'faults'> {
  let run = first;
  const gather = <T>(wanted: number, part: (scenario: Scenario) => readonly T[]): T[] => {
    const parts: T[] = [];
    while (parts.length < wanted) parts.push(...part(scenarioOfRun(SEED, run++)));
    return parts.slice(0, wanted);
  };
  const isOwn = (item: Step | Fault) => 'pair' in item || 'chat' in item;
  const isEverybodys = ({ kind }: Fault) => (FAULTS[kind] as Kind).everybody === true;
  return {
    chats: gather(A_PAIR.chats, ({ chats }) => chats.map(({ provider }) => ({ provider, pair: 0 }))),
    steps: gather(A_PAIR.steps, ({ steps }) => steps.filter(isOwn)),
    faults: gather(A_PAIR.faults, ({ faults }) => faults.filter((fault) => isOwn(fault) && !isEverybodys(fault))),
  };
}
