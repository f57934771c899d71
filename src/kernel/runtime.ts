/**
 * What the kernel itself needs of the JavaScript runtime, as it was when the kernel was loaded: the escape trap replaces
 * the globals later. Only `drain.ts`, `stall.ts` and the trap may use it.
 */

type Process = typeof globalThis.process & { readonly _tickCallback?: () => void };

export const runtimeProcess = globalThis.process as Process;
export const realSetImmediate = globalThis.setImmediate;

/** One of Node's own modules, without an import: the kernel stays loadable where there is no Node. */
export function builtin<T>(name: string): T | undefined {
  return runtimeProcess.getBuiltinModule(name) as T | undefined;
}
