import type { Fault, Prompt, Scenario, Step } from '../scenario/scenario.ts';
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
  const faults = scenario.faults.map((fault) => ({
    kind: 'fault' as const,
    at: fault.kind === 'daemon-crash-at-write' ? null : fault.at,
    text: faultText(scenario, fault),
  }));
  const steps = scenario.steps.map((step) => ({ kind: 'step' as const, at: step.at, text: stepText(scenario, step) }));
  const choices = scenario.choices.map((choice) => ({
    kind: 'choice' as const,
    at: null,
    text: choiceText(choice, delaysMs),
  }));
  const sentences = [...faults, ...steps, ...choices];
  // The sort is stable: what happens at one instant keeps its order.
  sentences.sort((one, other) => timeOf(one) - timeOf(other));
  return { setup: setupText(scenario), sentences };
}

/** The whole sentence: `at 1.2 s the tmux server stops answering for 6 s`. */
export function wholeSentence({ at, text }: Sentence): string {
  return at === null ? text : `at ${spoken(at)} ${text}`;
}

function timeOf({ at }: Sentence): number {
  return at ?? Number.MAX_SAFE_INTEGER;
}

function setupText(scenario: Scenario): string {
  const pairs = Array.from({ length: scenario.pairs }, (_, index) => `p${index + 1}`);
  const chats = scenario.chats.map(
    ({ provider, pair }, index) => `c${index + 1} is a ${provider} chat on ${pairName(scenario, pair)}`,
  );
  const others = scenario.coTenant ? " Somebody else's session lives on the daemon's tmux server." : '';
  return `${counted(scenario.pairs, 'pair')} (${pairs.join(', ')}); ${chats.join(', ')}.${others}`;
}

const ANSWERS: Readonly<Record<Prompt, string>> = {
  hello: 'gets a short answer',
  story: 'gets a slow answer',
  tool: 'makes the agent run a tool',
  approve: 'makes the agent ask for approval of a tool',
};

function stepText(scenario: Scenario, step: Step): string {
  const chat = 'chat' in step ? chatName(scenario, step.chat) : '';
  switch (step.do) {
    case 'message':
      return `${chat}'s user sends a message that ${ANSWERS[step.prompt]}`;
    case 'answer':
      return `${chat}'s user ${step.decision}s its oldest open approval`;
    case 'interrupt':
      return `${chat}'s user interrupts the running turn`;
    case 'attach':
      return `a front end connects to ${chat}`;
    case 'detach':
      return `${chat}'s front end goes away`;
    case 'close':
      return `${chat}'s user closes the chat`;
    case 'helper':
      return `${chat} asks for a helper on its pair's app-server`;
    case 'tui-connect':
      return `a Codex TUI connects to ${pairName(scenario, step.pair)}`;
    case 'tui-disconnect':
      return `the Codex TUI of ${pairName(scenario, step.pair)} goes away`;
    case 'restart':
      return 'the daemon is stopped in good order and started again';
  }
}

const BROKEN_TMUX = {
  ENOENT: 'is missing from PATH (ENOENT)',
  EACCES: 'is not executable (EACCES)',
  '127': 'is a shell wrapper that cannot find it (exit code 127)',
} as const;

function faultText(scenario: Scenario, fault: Fault): string {
  switch (fault.kind) {
    case 'tmux-stall':
      return `the tmux server stops answering for ${spoken(fault.forMs)}`;
    case 'tmux-kill':
      return 'the tmux server is killed, and its panes with it';
    case 'tmux-broken':
      return `the tmux command ${BROKEN_TMUX[fault.how]} for ${spoken(fault.forMs)}`;
    case 'app-server-exit': {
      const how = fault.how === 'exit' ? 'ends by itself with exit code 1' : 'is killed (SIGKILL)';
      return `the app-server of ${pairName(scenario, fault.pair)} ${how}`;
    }
    case 'transport-cut':
      return `the daemon's pipe to the app-server of ${pairName(scenario, fault.pair)} breaks (EPIPE) while it runs on`;
    case 'claude-kill':
      return `the claude process of ${chatName(scenario, fault.chat)} is killed (SIGKILL)`;
    case 'model-error': {
      const whom = fault.who === 'all' ? 'everyone' : 'helpers';
      const when = fault.when === 'start' ? "a turn's first request" : 'the later requests of a turn';
      return `the model API answers ${fault.status} to ${whom} at ${when}, for ${spoken(fault.forMs)}`;
    }
    case 'daemon-crash':
      return `the daemon is killed, and started again ${spoken(fault.downMs)} later`;
    case 'daemon-crash-at-write': {
      const which = ordinal(fault.write);
      return `right after its ${which} durable write the daemon is killed, and started again ${spoken(fault.downMs)} later`;
    }
  }
}

function choiceText([kind, before, value]: Scenario['choices'][number], delaysMs: readonly number[]): string {
  const which = ordinal(before + 1);
  if (kind === 'delay') {
    return `the ${which} latency is ${spoken(delaysMs[value % delaysMs.length] ?? 0)} longer than usual`;
  }
  const places = counted(value, 'place');
  return `the ${which} time that several things are due at once, the one ${places} further back (counting round) goes first`;
}

/** Indices count round, as in a run. */
function chatName({ chats }: Scenario, index: number): string {
  return `c${(index % chats.length) + 1}`;
}

function pairName({ pairs }: Scenario, index: number): string {
  return `p${(index % pairs) + 1}`;
}
