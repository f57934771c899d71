/** Small checks of JSON that people may have edited. They say where, what was expected, and what is there. */

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** What should be there, e.g. `a whole number from 0 on`. */
  readonly expected: string;
  readonly seen: string;
}

/** Null when the value is as it should be. */
export type Check = (value: unknown, path: Path) => Problem | null;

export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : problem(path, `a whole number ${range}`, value);
}

export const text: Check = (value, path) => (typeof value === 'string' ? null : problem(path, 'a text', value));

export const boolean: Check = (value, path) =>
  typeof value === 'boolean' ? null : problem(path, 'true or false', value);

export function orNull(check: Check): Check {
  return (value, path) => {
    const found = value === null ? null : check(value, path);
    return found && { ...found, expected: `${found.expected}, or null` };
  };
}

export function oneOf(...values: readonly (string | number | boolean)[]): Check {
  return (value, path) =>
    values.includes(value as string) ? null : problem(path, `one of ${values.map(shownValue).join(', ')}`, value);
}

/** A list with `least` to `most` elements, all of one kind. */
export function listOf(element: Check, least = 0, most = Number.POSITIVE_INFINITY): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return problem(path, 'a list', value);
    if (value.length < least || value.length > most) {
      return problem(path, `a list of ${least} to ${most} elements`, value);
    }
    return first(value.map((item, at) => () => element(item, [...path, at])));
  };
}

/** A list with exactly these elements. */
export function tuple(...elements: readonly Check[]): Check {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== elements.length) {
      return problem(path, `a list of ${elements.length} elements`, value);
    }
    return first(elements.map((check, at) => () => check(value[at], [...path, at])));
  };
}

/** An object with exactly these keys; those of `optional` may be absent. */
export function record(keys: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return problem(path, 'an object', value);
    const names = [...Object.keys(keys), ...Object.keys(optional)];
    const stranger = Object.keys(value).find((name) => !names.includes(name));
    if (stranger !== undefined)
      return problem([...path, stranger], `no such key (known: ${names.join(', ')})`, undefined);
    return first(
      Object.entries({ ...keys, ...optional }).map(([name, check]) => () => {
        if (Object.hasOwn(value, name)) return check((value as Record<string, unknown>)[name], [...path, name]);
        return Object.hasOwn(optional, name) ? null : problem(path, `the key "${name}"`, undefined);
      }),
    );
  };
}

/** One of several kinds of objects, told apart by the value of `tag`. */
export function tagged(tag: string, kinds: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check {
  return (value, path) => {
    const kind = (value as Record<string, unknown> | null)?.[tag];
    if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
      return problem([...path, tag], `one of ${Object.keys(kinds).map(shownValue).join(', ')}`, kind);
    }
    return record({ [tag]: text, ...kinds[kind] })(value, path);
  };
}

/** `faults[0].kind` */
export function pathText(path: Path): string {
  return (
    path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('') || 'the file'
  );
}

/**
 * 1-based line of the value at `path` in a valid JSON text, or of what encloses it when it is not there.
 */
export function lineOf(json: string, path: Path): number {
  let at = 0;
  let best = 0;
  const space = () => {
    while (/[\s,:]/.test(json[at] ?? '')) at++;
  };
  const string = (): string => {
    const start = at++;
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    return JSON.parse(json.slice(start, ++at)) as string;
  };
  /** Reads a value; `rest` is what is left of the path if the value lies on it. */
  const value = (rest: Path | null): void => {
    space();
    if (rest) best = at;
    const opener = json[at];
    if (opener === '"') string();
    else if (opener === '{' || opener === '[') {
      at++;
      for (let index = 0; ; index++) {
        space();
        if (json[at] === '}' || json[at] === ']') break;
        const key = opener === '{' ? string() : index;
        value(rest && rest[0] === key ? rest.slice(1) : null);
      }
      at++;
    } else while (/[^\s,:\]}]/.test(json[at] ?? ' ')) at++;
  };
  value(path);
  return json.slice(0, best).split('\n').length;
}

function first(checks: readonly (() => Problem | null)[]): Problem | null {
  for (const check of checks) {
    const found = check();
    if (found) return found;
  }
  return null;
}

function problem(path: Path, expected: string, value: unknown): Problem {
  return { path, expected, seen: shownValue(value) };
}

function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value);
  return json.length <= 60 ? json : `${json.slice(0, 59)}…`;
}
