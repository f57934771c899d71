import type { Field, Fields, Kind } from '../scenario/kinds/field.ts';
import { ordinal, spoken } from './time.ts';

/** What stands in a catalogue about one kind of step or fault. */
export interface KindEntry {
  readonly name: string;
  /** Kinds of one topic meet in one scenario. */
  readonly topic: string;
  /** What happens, with the simplest values. */
  readonly example: string;
  /** What the JSON of one has besides `do` or `kind`, and the values each may take. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Describes a kind of step or fault, as {@link KindEntry}. */
export function kindEntry(name: string, topic: string, kind: Kind): KindEntry {
  const simplest = Object.entries(kind.fields).map(([field, type]) => [field, simplestOf(type)]);
  const at = kind.armed ? 'always 0: it waits for something else than a time' : 'virtual ms after the set-up';
  return {
    name,
    topic,
    example: kind.words(Object.fromEntries(simplest) as never, SAY),
    fields: { at, ...fieldWords(kind.fields) },
  };
}

/** The values that each field may take, in words. */
export function fieldWords(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valuesOf(field)]));
}

const SAY = {
  ms: spoken,
  ordinal,
  chat: (index: number) => `c${index + 1}`,
  pair: (index: number) => `p${index + 1}`,
};

function simplestOf(field: Field): string | number | boolean {
  switch (field.type) {
    case 'choice':
      return field.values[0]!;
    case 'ms':
      return field.usual[0]!;
    case 'count':
      return field.min;
    case 'index':
      return 0;
  }
}

function valuesOf(field: Field): string {
  switch (field.type) {
    case 'choice':
      return field.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'ms':
      return `virtual ms, e.g. ${field.usual.join(', ')}`;
    case 'count':
      return `${field.min} to ${field.max}`;
    case 'index':
      return `index of a ${field.of}`;
  }
}
