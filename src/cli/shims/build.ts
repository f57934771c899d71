/** Part of `npm run build`: puts the bundled shim beside the compiled program. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleShim } from './bundle.ts';
import { BUILT_SHIM } from './make.ts';

const code = await bundleShim();
mkdirSync(dirname(BUILT_SHIM), { recursive: true });
writeFileSync(BUILT_SHIM, code);
console.log(`${BUILT_SHIM}: ${Math.round(code.length / 1024)} KB`);
