/** Where a text stops being JSON. V8's messages give the position only sometimes, and differ from version to version. */

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Everything that may stand in a string up to its closing quote. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const SPACE = /[ \t\r\n]*/y;

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
    at += take(SPACE);
  };
  const string = (): boolean => {
    const length = take(STRING);
    if (length < 0) return false;
    at += length;
    if (text[at] !== '"') return false;
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
