import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row, Sample } from '../row.ts';

/** How this process was started (the loader of TypeScript included) is how the command line is started. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const MAIN = fileURLToPath(new URL(`../../main.${extension}`, import.meta.url));

function start(args: readonly string[]): Sample {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with exit code ${status}: ${stderr}`);
  return { amount: 1, ms };
}

export const row: Row = {
  title: 'cold start: from nothing to the first verdict of the command line',
  unit: ['start', 'starts'],
  mechanisms: {
    'node alone': () => start(['-e', '0']),
    'reprise explore --runs 1': () => start([...process.execArgv, MAIN, 'explore', '--runs', '1', '--seed', '1']),
  },
  goals: [{ kind: 'within', mechanism: 'reprise explore --runs 1', msPerUnit: 1_500 }],
};
