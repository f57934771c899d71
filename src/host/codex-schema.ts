import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderLaunch } from './provider-env.ts';
import { commandOf } from './providers.ts';

/** It takes about 0.2 s. */
const TIME_LIMIT_MS = 30_000;

/** The JSON Schema of the app-server protocol, as a codex binary prints it: a folder of files. Paths begin with `/`. */
export type SchemaFiles = ReadonlyMap<string, string>;

/** The file that holds every definition (codex 0.120.0 to 0.169.0). */
const BUNDLE = '/codex_app_server_protocol.schemas.json';

/**
 * Lets a codex binary print its schema (`app-server generate-json-schema`, facts/record-replay-tools.md 3.5), with a home of
 * its own. `enter` makes the launch run isolated. Rejects with a sentence for people when it fails or hangs.
 */
export async function printCodexSchema(
  binary: string,
  enter: (launch: ProviderLaunch) => ProviderLaunch,
): Promise<SchemaFiles> {
  const home = mkdtempSync(join(tmpdir(), 'reprise-schema-'));
  try {
    const out = join(home, 'schema');
    const args = ['app-server', 'generate-json-schema', '--experimental', '--out', out];
    const env = { HOME: home, CODEX_HOME: home, PATH: process.env.PATH ?? '' };
    const { file, before } = commandOf(binary);
    const launch = enter({ file, args: [...before, ...args], cwd: home, env });
    await run(launch);
    return filesBelow(out);
  } catch (error) {
    throw new Error(`${binary} does not print its schema: ${(error as Error).message}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The bundle among the files of a schema, parsed. Throws an Error that says what is wrong with it. */
export function schemaBundle(files: SchemaFiles): unknown {
  const text = files.get(BUNDLE);
  if (text === undefined) throw new Error(`the schema has no file ${BUNDLE.slice(1)}, but ${files.size} others`);
  return JSON.parse(text);
}

function run({ file, args, cwd, env }: ProviderLaunch): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { cwd, env, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else if (error.killed) reject(new Error(`no end after ${TIME_LIMIT_MS} ms`));
      else reject(new Error(stderr.trim().split('\n').at(-1) || error.message));
    });
  });
}

function filesBelow(folder: string): SchemaFiles {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]));
}
