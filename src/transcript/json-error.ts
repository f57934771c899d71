/**
 * JSON text that is not parsed: where it stops being JSON, and how deep it goes. V8's messages give the position only sometimes, and differ
 * from version to version. No part of the text is matched by a pattern that could run out of stack, however long it is.
 */

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Index of the first character that cannot be there (the length of the text, when it ends too early), or -1 for valid JSON. */
export function jsonErrorAt(text: string): number {
  const closers: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    return found === null ? -1 : found[0].length;
  };
  const space = (): void => {
    while (isSpace(text.charCodeAt(at))) at++;
  };
  const string = (): boolean => {
    if (text.charCodeAt(at) !== QUOTE) return false;
    for (at++; ; ) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        const length = take(ESCAPE);
        if (length < 0) return false;
        at += length;
      } else if (code >= 0x20) at++;
      // A control character, or the end of the text.
      else return false;
    }
    at++;
    return true;
  };
  /** A key and its colon. */
  const key = (): boolean => {
    space();
    if (!string()) return false;
    space();
    if (text[at] !== ':') return false;
    at++;
    return true;
  };
  for (;;) {
    space();
    const opener = text[at];
    if (opener === '{' || opener === '[') {
      at++;
      space();
      const closer = opener === '{' ? '}' : ']';
      if (text[at] !== closer) {
        closers.push(closer);
        if (closer === '}' && !key()) return at;
        continue;
      }
      at++;
    } else if (opener === '"') {
      if (!string()) return at;
    } else {
      const word = ['true', 'false', 'null'].find((w) => text.startsWith(w, at));
      const length = word?.length ?? take(NUMBER);
      if (length <= 0) return at;
      at += length;
    }
    // A value has ended: close what it completes.
    for (;;) {
      space();
      const closer = closers.at(-1);
      if (closer === undefined) return at < text.length ? at : -1;
      if (text[at] === ',') {
        at++;
        if (closer === '}' && !key()) return at;
        break;
      }
      if (text[at] !== closer) return at;
      at++;
      closers.pop();
    }
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/**
 * Index of the bracket that opens a level beyond `levels`, or -1. Parsing such a text would take many times its length in memory. Right for
 * all JSON, and for other text up to where it stops being JSON.
 */
export function tooDeepAt(text: string, levels: number): number {
  if (!mayBeDeep(text, levels)) return -1;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > levels) return at;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return -1;
}

/** The shortest level that is an object: `{"":` and `}`. */
const OBJECT_LEVEL = 5;

/** A quick no for nearly every text: too short for that many levels, or too few brackets. */
function mayBeDeep(text: string, levels: number): boolean {
  if (text.length <= levels) return false;
  let left = levels;
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) if (left-- === 0) return true;
  // What the arrays do not account for would have to be objects. (A text that is cut has no closing brackets.)
  if (text.length <= left * (OBJECT_LEVEL - 1)) return false;
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) if (left-- === 0) return true;
  return false;
}
