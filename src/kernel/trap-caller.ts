/** What V8 tells of one stack frame, as far as it is used here. */
interface Frame {
  getFileName(): string | null | undefined;
}

interface StackHolder {
  stack?: unknown;
}

/** `above` and everything that it called is left out of the stack. */
type Above = (...args: never[]) => unknown;

/** Where this package's own code lies (`src` or `dist`), possibly itself inside a `node_modules`. */
const home = new URL('..', import.meta.url).pathname;

const asFrames = (_error: Error, frames: unknown): unknown => frames;

/**
 * Is the code that called `above` part of Node or of an installed package? Built-ins without a file (`Array.map`) count
 * as part of whoever called them. Costs about 2 µs; nothing when it is not asked.
 */
export function calledByRuntimeOrPackage(above: Above): boolean {
  const file = callerFile(above, 1) ?? callerFile(above, 100);
  if (file === null) return false;
  if (file.startsWith('node:')) return true;
  return !file.startsWith(home) && file.includes('/node_modules/');
}

/** The file of the nearest frame that has one, as a path (or `node:…`); null when no frame of the stack has one. */
function callerFile(above: Above, depth: number): string | null {
  // Both are looked up by V8 on the global Error; tools (vitest, source maps) set the first one too.
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = asFrames;
  Error.stackTraceLimit = depth;
  try {
    const holder: StackHolder = {};
    Error.captureStackTrace(holder, above);
    for (const frame of holder.stack as Frame[]) {
      const file = frame.getFileName();
      if (file) return file.startsWith('file://') ? file.slice('file://'.length) : file;
    }
    return null;
  } finally {
    // Cast: with exactOptionalPropertyTypes an absent handler cannot be restored otherwise, and V8 ignores undefined.
    (Error as { prepareStackTrace: unknown }).prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Replaces the stack of `error` by that of the caller of `above`, mapped to sources where the process maps stacks, and
 * returns its first place as `file:line:column`, relative to `base` when it lies below; or null when there is none.
 */
export function stampCaller(error: Error, above: Above, base: string): string | null {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  try {
    Error.captureStackTrace(error, above);
    return firstPlace(String(error.stack), base);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function firstPlace(stack: string, base: string): string | null {
  for (const line of stack.split('\n')) {
    const found = /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()]*:\d+:\d+)\)?$/.exec(line);
    if (found) return found[1]!.startsWith(`${base}/`) ? found[1]!.slice(base.length + 1) : found[1]!;
  }
  return null;
}
