import { FAULTS, STEPS } from '../scenario/kinds/catalogue.ts';
import type { Kind, Phrases } from '../scenario/kinds/field.ts';
import { CHAT_OPTIONS, WORLD_OPTIONS } from '../scenario/kinds/setup.ts';
import type { Fault, Scenario, Step } from '../scenario/scenario.ts';
import { counted, ordinal, spoken } from './time.ts';

/** One thing that a scenario makes happen. */
export interface Sentence {
  readonly kind: 'step' | 'fault' | 'choice';
  /** Virtual ms after the set-up; null for what has no time of its own. */
  readonly at: number | null;
  /** Without the time, e.g. `c2's front end goes away`. */
  readonly text: string;
}

/** A scenario in English. */
export interface ScenarioWords {
  /** What there is, e.g. `1 pair (p1); c1 is a codex chat on p1.` */
  readonly setup: string;
  /** What happens, in order of time; at one instant faults come first, as in a run. What has no time comes last. */
  readonly sentences: readonly Sentence[];
}

/**
 * A scenario in words. `delaysMs` is what the values of `delay` choices add to a latency (`src/world/latency.ts`).
 */
export function scenarioWords(scenario: Scenario, delaysMs: readonly number[]): ScenarioWords {
  const say = phrases(scenario);
  const faults = scenario.faults.map((fault) => faultSentence(fault, say));
  const steps = scenario.steps.map((step) => stepSentence(step, say));
  const choices = scenario.choices.map((choice) => ({
    kind: 'choice' as const,
    at: null,
    text: choiceText(choice, delaysMs),
  }));
  const sentences = [...faults, ...steps, ...choices];
  // The sort is stable: what happens at one instant keeps its order.
  sentences.sort((one, other) => timeOf(one) - timeOf(other));
  return { setup: setupText(scenario, say), sentences };
}

/** The whole sentence: `at 1.2 s the tmux server stops answering for 6 s`. */
export function wholeSentence({ at, text }: Sentence): string {
  return at === null ? text : `at ${spoken(at)} ${text}`;
}

function timeOf({ at }: Sentence): number {
  return at ?? Number.MAX_SAFE_INTEGER;
}

function phrases(scenario: Scenario): Phrases {
  return {
    ms: spoken,
    ordinal,
    // Indices count round, as in a run.
    chat: (index) => `c${(index % scenario.chats.length) + 1}`,
    pair: (index) => `p${(index % scenario.pairs) + 1}`,
  };
}

function stepSentence(step: Step, say: Phrases): Sentence {
  const { words }: Kind = STEPS[step.do];
  return { kind: 'step', at: step.at, text: words(step as never, say) };
}

function faultSentence(fault: Fault, say: Phrases): Sentence {
  const { words, armed }: Kind = FAULTS[fault.kind];
  return { kind: 'fault', at: armed ? null : fault.at, text: words(fault as never, say) };
}

function setupText(scenario: Scenario, say: Phrases): string {
  const pairs = Array.from({ length: scenario.pairs }, (_, index) => say.pair(index));
  const chats = scenario.chats.map((chat, index) => {
    const more = optionsText(chat, CHAT_OPTIONS, ' with ');
    return `${say.chat(index)} is a ${chat.provider} chat on ${say.pair(chat.pair)}${more}`;
  });
  const others = scenario.coTenant ? " Somebody else's session lives on the daemon's tmux server." : '';
  const world = optionsText(scenario, WORLD_OPTIONS, ' The world has ');
  return `${counted(scenario.pairs, 'pair')} (${pairs.join(', ')}); ${chats.join(', ')}.${others}${world}`;
}

/** Only what is not as usual. */
function optionsText(values: object, options: object, before: string): string {
  const given = Object.keys(options).flatMap((name) => {
    const value = (values as Record<string, unknown>)[name];
    return value === undefined ? [] : [`${name} ${String(value)}`];
  });
  return given.length === 0 ? '' : `${before}${given.join(', ')}`;
}

function choiceText([kind, before, value]: Scenario['choices'][number], delaysMs: readonly number[]): string {
  const which = ordinal(before + 1);
  if (kind === 'delay') {
    return `the ${which} latency is ${spoken(delaysMs[value % delaysMs.length] ?? 0)} longer than usual`;
  }
  const places = counted(value, 'place');
  return `the ${which} time that several things are due at once, the one ${places} further back (counting round) goes first`;
}
