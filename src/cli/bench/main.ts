/**
 * `npm run bench`: measures what design.md 10 promises, as ratios between mechanisms that were measured in the same run.
 * Every measurement is made in a fresh process: what one mechanism made the compiler do must not help or hurt another.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { measureRow, type RowResult } from './measure.ts';
import { formatRow } from './print.ts';
import type { Row, Sample } from './row.ts';

const USAGE = `usage: npm run bench -- [--rounds N] [--json] [ROW…]

  ROW…        names of files in src/cli/bench/rows, all of them unless given
  --rounds N  measurements of each mechanism (default: what the row says, mostly 5)
  --json      one JSON document on standard output

It says which goals were missed, but does not fail for them: a busy machine is no error.
Exit codes: 0 measured, 1 a measurement failed, 2 bad usage.`;

const ROWS = new URL('./rows/', import.meta.url);

async function main(args: string[]): Promise<number> {
  const options = {
    rounds: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    // How the process of one measurement is started: ROW MECHANISM.
    sample: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.sample) {
    const [name, mechanism] = positionals;
    console.log(JSON.stringify(await (await loadRow(name!)).mechanisms[mechanism!]!()));
    return 0;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0)) {
    throw new TypeError(`--rounds ${values.rounds}: expected a whole number above 0`);
  }
  const results: Record<string, RowResult> = {};
  let failed = 0;
  for (const name of positionals.length > 0 ? positionals : rowNames()) {
    const row = await loadRow(name);
    const missing = (await row.needs?.()) ?? null;
    if (missing !== null) {
      console.error(`bench: ${name}: left out: needs ${missing}\n`);
      continue;
    }
    try {
      results[name] = await measureRow(row, rounds ?? row.rounds ?? 5, (mechanism) => sampleElsewhere(name, mechanism));
      if (!values.json) console.log(`${formatRow(results[name])}\n`);
    } catch (error) {
      failed++;
      console.error(`bench: ${name}: ${(error as Error).message}\n`);
    }
  }
  const machine = { node: process.version, processors: availableParallelism() };
  console.log(values.json ? JSON.stringify({ ...machine, rows: results }, null, 2) : footer(machine));
  return failed > 0 ? 1 : 0;
}

function footer({ node, processors }: { node: string; processors: number }): string {
  return `Node ${node}, ${processors} processors. Ratios are medians over rounds, each compared with the baseline of its round.`;
}

function rowNames(): string[] {
  const files = readdirSync(ROWS).filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.d.ts'));
  return files.map((file) => file.replace(/\.\w+$/, '')).sort();
}

async function loadRow(name: string): Promise<Row> {
  if (!rowNames().includes(name)) throw new TypeError(`no benchmark '${name}': there are ${rowNames().join(', ')}`);
  const file = new URL(`${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, ROWS);
  return ((await import(file.href)) as { row: Row }).row;
}

/** Measures in a process of its own, started like this one. */
async function sampleElsewhere(row: string, mechanism: string): Promise<Sample> {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${row}: ${mechanism} …\r`);
  const self = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, self, '--sample', row, mechanism];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: { stderr?: string }) => {
    throw new Error(`the measurement of '${mechanism}' failed: ${error.stderr?.trim() ?? String(error)}`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Sample;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // parseArgs throws TypeErrors too.
  if (!(error instanceof TypeError)) throw error;
  console.error(`bench: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
