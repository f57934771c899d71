import fc from 'fast-check';
import type { Choice } from '../kernel/choices.ts';
import { EVERYDAY, EVERYDAY_CHAT_OPTIONS, FAULTS, TOPICS, type Topic } from '../scenario/kinds/catalogue.ts';
import type { Field, Fields, Kinds } from '../scenario/kinds/field.ts';
import type { ChatSetup, Fault, FaultKind, Scenario } from '../scenario/scenario.ts';
import { type Episode, episode, stepsOf } from './episodes.ts';
import { at, fieldsOf, fieldValue } from './values.ts';

/** How large the scenarios are that {@link scenarioArbitrary} makes. */
export interface ScenarioLimits {
  readonly pairs: number;
  readonly chats: number;
  readonly steps: number;
  readonly faults: number;
  readonly choices: number;
}

export const DEFAULT_LIMITS: ScenarioLimits = { pairs: 4, chats: 8, steps: 14, faults: 4, choices: 6 };

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** A scenario is about at most so many topics: what interacts must meet often. */
const MAX_TOPICS = 3;

/** Mostly up to `usual`: whatever interacts does so more often when there is little of it. */
function few(min: number, usual: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(
    { arbitrary: fc.integer({ min, max: Math.min(usual, max) }), weight: 3 },
    { arbitrary: fc.integer({ min, max }), weight: 1 },
  );
}

/** The usual value, which is left out, more often than the others. */
function option(field: Field): fc.Arbitrary<unknown> {
  const usual = field.type === 'choice' ? field.values[0] : field.type === 'count' ? field.min : 0;
  const other = fieldValue(field).map((value) => (value === usual ? undefined : value));
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: 1 }, { arbitrary: other, weight: 2 });
}

function options(fields: Fields): fc.Arbitrary<object> {
  const all = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, option(field)]));
  return fc
    .record(all)
    .map((values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
}

function chat(chatOptions: Fields): fc.Arbitrary<ChatSetup> {
  const provider = fc.oneof(
    { arbitrary: fc.constant('codex' as const), weight: 3 },
    { arbitrary: fc.constant('claude' as const), weight: 1 },
  );
  return fc
    .tuple(fc.record({ provider, pair: fc.nat(3) }), options(chatOptions))
    .map(([usual, more]) => ({ ...usual, ...more }));
}

function fault(name: string, kinds: Kinds): fc.Arbitrary<Fault> {
  const { fields, armed } = kinds[name]!;
  const head = { at: armed ? fc.constant(0) : at(), kind: fc.constant(name) };
  return fc.record({ ...head, ...fieldsOf(fields) }) as unknown as fc.Arbitrary<Fault>;
}

const choice = (): fc.Arbitrary<Choice> =>
  fc.oneof(
    fc.tuple(fc.constant('delay' as const), fc.nat(400), fc.integer({ min: 1, max: 4 })),
    fc.tuple(fc.constant('pick' as const), fc.nat(120), fc.integer({ min: 1, max: 3 })),
  );

function merged<T>(topics: readonly Topic[], part: (topic: Topic) => Readonly<Record<string, T>> | undefined) {
  return Object.assign({}, ...topics.map((topic) => part(topic) ?? {})) as Readonly<Record<string, T>>;
}

/** Scenarios about these topics and no others. */
function scenariosAbout(topics: readonly Topic[], limits: ScenarioLimits): fc.Arbitrary<Scenario> {
  const faultKinds = merged(topics, ({ faults }) => faults);
  const names = Object.keys(faultKinds);
  const chats = chat({ ...EVERYDAY_CHAT_OPTIONS, ...merged(topics, ({ chatOptions }) => chatOptions) });
  const faults: fc.Arbitrary<Fault[]> =
    names.length === 0
      ? fc.constant([])
      : fc.array(
          fc.oneof(
            ...names.map((name) => ({ arbitrary: fault(name, faultKinds), weight: faultKinds[name]!.weight ?? 1 })),
          ),
          {
            maxLength: limits.faults * 2,
            size: 'max',
          },
        );
  return fc
    .record({
      pairs: few(1, 2, limits.pairs),
      chats: fc.oneof(
        { arbitrary: fc.array(chats, { minLength: 1, maxLength: Math.min(3, limits.chats), size: 'max' }), weight: 3 },
        { arbitrary: fc.array(chats, { minLength: 1, maxLength: limits.chats, size: 'max' }), weight: 1 },
      ),
      coTenant: fc.boolean(),
      world: options(merged(topics, ({ worldOptions }) => worldOptions)),
      episodes: fc.array(episode({ ...EVERYDAY, ...merged(topics, ({ steps }) => steps) }), {
        maxLength: Math.ceil(limits.steps / 3),
        size: 'max',
      }),
      faults,
      off: fc.subarray(names),
      choices: fc.uniqueArray(choice(), {
        maxLength: limits.choices,
        size: 'max',
        selector: ([kind, ordinal]) => `${kind} ${ordinal}`,
      }),
    })
    .map(({ pairs, chats, coTenant, world, episodes, faults, off, choices }) => ({
      format: 1 as const,
      pairs,
      chats,
      coTenant,
      ...world,
      choices,
      steps: episodes
        .flatMap((each: Episode) => stepsOf(each, chats))
        .slice(0, limits.steps)
        .sort((left, right) => left.at - right.at),
      faults: faults
        .filter(({ kind }) => !off.includes(kind))
        .slice(0, limits.faults)
        .sort((left, right) => left.at - right.at),
    }));
}

/** Making the parts of a generator takes longer than using it. */
const made = new WeakMap<ScenarioLimits, fc.Arbitrary<Scenario>>();

/**
 * Scenarios. Each is about a few topics, and has a random subset of their kinds of faults switched on (swarm testing: a
 * run without the usual trouble gets further into the unusual one).
 */
export function scenarioArbitrary(limits: ScenarioLimits = DEFAULT_LIMITS): fc.Arbitrary<Scenario> {
  const known = made.get(limits);
  if (known) return known;
  const about = new Map<string, fc.Arbitrary<Scenario>>();
  const scenarios = fc.subarray([...TOPICS], { minLength: 1, maxLength: MAX_TOPICS }).chain((topics) => {
    const key = topics.map(({ name }) => name).join(' ');
    const arbitrary = about.get(key) ?? scenariosAbout(topics, limits);
    about.set(key, arbitrary);
    return arbitrary;
  });
  made.set(limits, scenarios);
  return scenarios;
}

/** The scenario of one run of a campaign: a function of the seed and the run's number alone. */
export function scenarioOfRun(seed: number, run: number, limits: ScenarioLimits = DEFAULT_LIMITS): Scenario {
  const [scenario] = fc.sample(scenarioArbitrary(limits), { seed: mix(seed, run), numRuns: 1 });
  return scenario!;
}

/** Neighbouring runs get unrelated seeds (the finaliser of MurmurHash3). */
function mix(seed: number, run: number): number {
  let hash = Math.imul(seed ^ Math.imul(run + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
