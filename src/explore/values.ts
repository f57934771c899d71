import fc from 'fast-check';
import type { Field, Fields } from '../scenario/kinds/field.ts';

/** Moments at which timers of the core meet: grace period, sweep, probe time-out, restart pause. */
const EDGES_MS = [0, 1, 1_000, 3_000, 5_000, 29_999, 30_000, 30_001, 60_000] as const;

/** Most things happen close together; some happen when a timer is due; a few happen anywhere in a minute. */
export function at(): fc.Arbitrary<number> {
  return fc.oneof(
    { arbitrary: fc.nat(40).map((tick) => tick * 50), weight: 5 },
    { arbitrary: fc.constantFrom(...EDGES_MS), weight: 2 },
    { arbitrary: fc.nat(7_000), weight: 2 },
    { arbitrary: fc.nat(65_000), weight: 1 },
  );
}

/** Values of one field of a step, fault or chat. */
export function fieldValue(field: Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'choice':
      return fc.constantFrom(...field.values);
    case 'ms':
      return fc.constantFrom(...field.usual);
    case 'count':
      return fc.integer({ min: field.min, max: field.max });
    case 'index':
      return fc.nat(field.of === 'chat' ? 7 : 3);
  }
}

export function fieldsOf(fields: Fields): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldValue(field)]));
}
