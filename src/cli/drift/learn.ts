import type { Json } from '../../transcript/format.ts';
import { asMatcher, isArray, isObject } from '../../transcript/json.ts';
import type { Bindings } from '../../transcript/symbols.ts';
import { matchTemplate } from '../../transcript/template.ts';

/**
 * Binds the symbols of a recorded value to what stands in the same places of a live one. Unlike a comparison it takes
 * what it can get: places that differ bind nothing, and the others do.
 */
export function learn(expected: Json, actual: Json | undefined, bindings: Bindings): void {
  if (typeof expected === 'string') {
    if (typeof actual !== 'string' && typeof actual !== 'number') return;
    const mark = bindings.mark();
    if (!matchTemplate(expected, actual, bindings)) bindings.undo(mark);
  } else if (isArray(expected) && isArray(actual)) {
    expected.forEach((item, i) => {
      learn(item, actual[i], bindings);
    });
  } else if (isObject(expected) && isObject(actual) && asMatcher(expected) === null) {
    for (const [key, item] of Object.entries(expected)) learn(item, actual[key], bindings);
  }
}
