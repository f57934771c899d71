import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ENTRY = fileURLToPath(new URL('./shim.ts', import.meta.url));

/**
 * The shim and all that it needs as one CommonJS file: it starts faster than modules do, and runs from any folder. Rolldown is there
 * in a clone only; an installed package has the result in `dist`.
 */
export function bundleShim(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

let bundled: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const { output } = await build({
    input: ENTRY,
    platform: 'node',
    write: false,
    logLevel: 'warn',
    // What a module asks of its own place, the bundle answers with its own.
    transform: { define: { 'import.meta.url': '__shimUrl' }, target: 'node20' },
    output: {
      format: 'cjs',
      codeSplitting: false,
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
      banner: "const __shimUrl = require('node:url').pathToFileURL(__filename).href;",
    },
  });
  return output[0].code;
}
