import type { Choice } from '../kernel/choices.ts';
import type { FAULTS, STEPS } from './kinds/catalogue.ts';
import type { PROMPTS } from './kinds/chats.ts';
import type { ItemOf, ValuesOf } from './kinds/field.ts';
import type { CHAT_OPTIONS, CHAT_SETUP, WORLD_OPTIONS } from './kinds/setup.ts';

/**
 * One world, as plain JSON: what there is, what its users do, what goes wrong, and what could have gone otherwise.
 * Indices of chats and pairs are taken modulo their number, so that a scenario stays valid while it shrinks. Times are
 * virtual ms after the set-up, when all pairs are live; steps and faults at one instant happen in the order written.
 */
export type Scenario = {
  readonly format: 1;
  /** Number of pairs, 1 to 64; they are called p1, p2, … */
  readonly pairs: number;
  /** 1 to 128 chats, called c1, c2, … */
  readonly chats: readonly ChatSetup[];
  /** Somebody else's session lives on the daemon's tmux server; its name begins like one of the daemon's. */
  readonly coTenant: boolean;
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly choices: readonly Choice[];
} & Partial<ValuesOf<typeof WORLD_OPTIONS>>;

/** See `kinds/setup.ts`. */
export type ChatSetup = ValuesOf<typeof CHAT_SETUP> & Partial<ValuesOf<typeof CHAT_OPTIONS>>;

/** What the model does with a message. */
export type Prompt = (typeof PROMPTS)[number];

/** What a user or a front end does, each kind described in `kinds/`. */
export type Step = ItemOf<'do', typeof STEPS>;
export type StepKind = Step['do'];

/** What goes wrong, at the level where it really happens, each kind described in `kinds/`. */
export type Fault = ItemOf<'kind', typeof FAULTS>;
export type FaultKind = Fault['kind'];

/** How much there is to read in a scenario: its steps, faults and choices. */
export function scenarioSize(scenario: Scenario): number {
  return scenario.steps.length + scenario.faults.length + scenario.choices.length;
}

export function chatName(scenario: Scenario, index: number): string {
  return `c${(index % scenario.chats.length) + 1}`;
}

/** What the chat of this name is. */
export function setupOf(scenario: Scenario, chatId: string): ChatSetup {
  return scenario.chats[Number(chatId.slice(1)) - 1]!;
}

export function pairName(scenario: Scenario, index: number): string {
  return `p${(index % scenario.pairs) + 1}`;
}
