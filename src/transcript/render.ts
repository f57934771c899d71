/** From a transcript back to the wire: symbols get values, matchers the value they stand for. */
import type { Elision, Json } from './format.ts';
import { asMatcher, isArray, isObject, objectFrom } from './json.ts';
import type { Bindings } from './symbols.ts';
import type { Minter } from './template.ts';
import { renderTemplate } from './template.ts';

/** What stands in for elided prose on a replayed wire; the comparison takes it for the original. */
export function renderElision(elision: Elision): Json {
  if (elision.type === 'array') return [];
  if (elision.type === 'object') return {};
  return 'volatile' in elision ? '[elided]' : `[elided ${elision.sha256.slice(0, 12)} ${elision.length}]`;
}

/**
 * The wire value of a template. Symbols that are not bound get a value from `minter` and stay bound to it.
 * Throws a TypeError for `$any` and `$pattern`: they say what to accept, not what to write (the linter reports them on `recv`).
 */
export function renderJson(template: Json, bindings: Bindings, minter: Minter): Json {
  if (typeof template === 'string') return renderTemplate(template, bindings, minter);
  if (isArray(template)) return template.map((item) => renderJson(item, bindings, minter));
  if (!isObject(template)) return template;
  const matcher = asMatcher(template);
  if (matcher === null) {
    return objectFrom(
      Object.entries(template)
        .filter(([key]) => key !== '$more')
        .map(([key, value]) => [String(renderTemplate(key, bindings, minter)), renderJson(value, bindings, minter)]),
    );
  }
  if ('$literal' in matcher) return matcher.$literal;
  if ('$elided' in matcher) return renderElision(matcher.$elided);
  if ('$unordered' in matcher) return matcher.$unordered.map((item) => renderJson(item, bindings, minter));
  throw new TypeError(`${JSON.stringify(matcher)} says what to accept and cannot be written`);
}
