/** Checks files against the published description of asciicast v3 (docs.asciinema.org/manual/asciicast/v3). */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSize = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isText = (value: unknown): boolean => typeof value === 'string';

/** Attributes of the header that may be left out. */
const OPTIONAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  timestamp: Number.isInteger,
  idle_time_limit: (value) => typeof value === 'number' && value > 0,
  command: isText,
  title: isText,
  env: (value) => isObject(value) && Object.values(value).every(isText),
  tags: (value) => Array.isArray(value) && value.every(isText),
};
const DATA: Readonly<Record<string, RegExp>> = { o: /^/, i: /^/, m: /^/, r: /^[1-9]\d*x[1-9]\d*$/, x: /^\d+$/ };

/** What is wrong with a file, one line a fault; empty for a valid one. */
export function castFaults(text: string): string[] {
  const faults: string[] = [];
  if (!text.endsWith('\n')) faults.push('the last line has no end');
  text
    .trimEnd()
    .split('\n')
    .forEach((line, i) => {
      const fault = (what: string): number => faults.push(`line ${i + 1}: ${what}`);
      if (i > 0 && line.startsWith('#')) return;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        fault('is no JSON');
        return;
      }
      if (i === 0) headerFaults(value, fault);
      else eventFaults(value, fault);
    });
  return faults;
}

function headerFaults(value: unknown, fault: (what: string) => void): void {
  if (!isObject(value)) return fault('the header is no object');
  if (value.version !== 3) fault('"version" is not 3');
  if (!isObject(value.term)) return fault('there is no "term"');
  const { cols, rows, type, version, theme } = value.term;
  if (!isSize(cols) || !isSize(rows)) fault('"cols" and "rows" are no sizes');
  if ([type, version].some((text) => text !== undefined && !isText(text))) fault('"type" and "version" are no texts');
  if (theme !== undefined && !isObject(theme)) fault('"theme" is no object');
  for (const [key, item] of Object.entries(value)) {
    if (key === 'version' || key === 'term') continue;
    if (OPTIONAL[key]?.(item) !== true) fault(`"${key}" is unknown, or of a wrong type`);
  }
}

function eventFaults(value: unknown, fault: (what: string) => void): void {
  if (!Array.isArray(value) || value.length !== 3) return fault('an event has three elements');
  const [interval, code, data] = value as unknown[];
  if (typeof interval !== 'number' || !(interval >= 0)) fault('the interval is no number of at least 0');
  if (typeof code !== 'string' || DATA[code] === undefined) return fault('the code is not one of o, i, m, r, x');
  if (typeof data !== 'string' || !DATA[code].test(data)) fault(`no data of a "${code}" event: ${String(data)}`);
}
