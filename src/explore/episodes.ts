import fc from 'fast-check';
import type { Kind, Kinds } from '../scenario/kinds/field.ts';
import type { ChatSetup, Step } from '../scenario/scenario.ts';
import { at, fieldsOf } from './values.ts';

/** What somebody does next, without saying when and to whom. */
interface Move {
  readonly do: string;
  readonly kind: Kind;
  readonly values: object;
}

/** A few steps in a row around one chat and one pair: bugs need several things to happen to the same object. */
export interface Episode {
  readonly start: number;
  readonly chat: number;
  /** The pair that is meant where one is; null for the chat's own. */
  readonly pair: number | null;
  readonly moves: readonly (readonly [Move, number])[];
}

const GAPS_MS = [0, 1, 50, 400, 5_000, 29_999] as const;

/** Episodes of these kinds of steps, each as often as its weight says. */
export function episode(kinds: Kinds): fc.Arbitrary<Episode> {
  const moves = Object.entries(kinds).map(([name, kind]) => ({
    arbitrary: move(name, kind),
    weight: kind.weight ?? 1,
  }));
  return fc.record({
    start: at(),
    chat: fc.nat(7),
    pair: fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary: fc.nat(3), weight: 1 }),
    moves: fc.array(fc.tuple(fc.oneof(...moves), fc.constantFrom(...GAPS_MS)), {
      minLength: 1,
      maxLength: 5,
      size: 'max',
    }),
  });
}

export function stepsOf({ start, chat, pair, moves }: Episode, chats: readonly ChatSetup[]): Step[] {
  const whom = { chat, pair: pair ?? chats[chat % chats.length]!.pair };
  let time = start;
  return moves.map(([{ do: name, kind, values }, gap]) => {
    const step = { at: time, do: name, ...values, ...indicesOf(kind, whom) };
    time += gap;
    return step as Step;
  });
}

function move(name: string, kind: Kind): fc.Arbitrary<Move> {
  const own = Object.entries(kind.fields).filter(([, { type }]) => type !== 'index');
  return fc.record(fieldsOf(Object.fromEntries(own))).map((values) => ({ do: name, kind, values }));
}

/** An episode has one chat and one pair. */
function indicesOf({ fields }: Kind, whom: { readonly chat: number; readonly pair: number }): object {
  const indices = Object.entries(fields).flatMap(([name, field]) =>
    field.type === 'index' ? [[name, whom[field.of]] as const] : [],
  );
  return Object.fromEntries(indices);
}
