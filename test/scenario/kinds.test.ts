import { describe, expect, it } from 'vitest';
import { BEHAVIOURS } from '../../src/scenario/faults/catalogue.ts';
import { EVERYDAY, EVERYDAY_CHAT_OPTIONS, FAULTS, STEPS, TOPICS } from '../../src/scenario/kinds/catalogue.ts';
import { CHAT_OPTIONS, WORLD_OPTIONS } from '../../src/scenario/kinds/setup.ts';
import { ACTS } from '../../src/scenario/steps/catalogue.ts';

const sorted = (names: Iterable<string>) => [...names].sort();
const inTopics = (part: 'steps' | 'faults' | 'chatOptions' | 'worldOptions') =>
  TOPICS.flatMap((topic) => Object.keys(topic[part] ?? {}));

describe('kinds of steps and faults', () => {
  it('are each in one topic, so that generation knows them', () => {
    expect(sorted([...Object.keys(EVERYDAY), ...inTopics('steps')])).toEqual(sorted(Object.keys(STEPS)));
    expect(sorted(inTopics('faults'))).toEqual(sorted(Object.keys(FAULTS)));
    // An option may matter to several topics.
    expect(sorted([...new Set([...Object.keys(EVERYDAY_CHAT_OPTIONS), ...inTopics('chatOptions')])])).toEqual(
      sorted(Object.keys(CHAT_OPTIONS)),
    );
    expect(sorted(inTopics('worldOptions'))).toEqual(sorted(Object.keys(WORLD_OPTIONS)));
  });

  it('each do something', () => {
    expect(sorted(Object.keys(ACTS))).toEqual(sorted(Object.keys(STEPS)));
    expect(sorted(Object.keys(BEHAVIOURS))).toEqual(sorted(Object.keys(FAULTS)));
    for (const behaviour of Object.values(BEHAVIOURS)) expect('start' in behaviour || 'arm' in behaviour).toBe(true);
  });

  it('wait for something else than a time only when that is said', () => {
    for (const [name, { armed }] of Object.entries<{ armed?: true }>(FAULTS)) {
      expect([name, 'arm' in BEHAVIOURS[name as keyof typeof FAULTS]]).toEqual([name, armed === true]);
    }
  });
});
