/** Regular expressions of transcripts, which may be anybody's: some of them would look at a text for years. */
import { createContext, Script } from 'node:vm';

/** A pattern that backtracks without end is given up after this many ms; any other takes far less than one. */
const PATIENCE_MS = 1_000;
/** Up to so many steps nobody has to watch. */
const HARMLESS_STEPS = 1_000_000;

let watched: { readonly place: { regexp: RegExp; text: string }; readonly run: () => unknown } | null = null;

/** What `regexp` finds in `text`, null for nothing, or `gave-up` when that would take too long. */
export function execBounded(regexp: RegExp, text: string): RegExpExecArray | null | 'gave-up' {
  watched ??= watch();
  const { place, run } = watched;
  Object.assign(place, { regexp, text });
  try {
    return run() as RegExpExecArray | null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'gave-up';
    throw error;
  } finally {
    place.text = '';
  }
}

/** Null also when it would take too long. For an expression with `parts` stretches of any length, and nothing else to try out. */
export function execParts(regexp: RegExp, text: string, parts: number): RegExpExecArray | null {
  if ((text.length + 1) ** parts <= HARMLESS_STEPS) return regexp.exec(text);
  const found = execBounded(regexp, text);
  return found === 'gave-up' ? null : found;
}

/** Node interrupts a script, and with it the expression that it runs, when its time is up. */
function watch(): NonNullable<typeof watched> {
  const place = { regexp: /(?:)/, text: '' };
  const context = createContext(place);
  const script = new Script('regexp.exec(text)');
  return { place, run: () => script.runInContext(context, { timeout: PATIENCE_MS }) };
}
