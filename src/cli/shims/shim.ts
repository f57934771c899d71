/** What a shim does when it is started. Bundled into one file (`bundle.ts`) that `make.ts` puts into a folder under each name. */
import { spawn } from 'node:child_process';
import { basename, delimiter, dirname, resolve } from 'node:path';
import { TOLD } from '../../host/signals.ts';
import { endLike } from '../../host/tap/pass-through.ts';
import { recordCommand } from '../commands/record.ts';
import { InputError, UsageError } from '../errors.ts';
import { processIo } from '../io.ts';
import { speakerOf } from '../recording/speakers.ts';
import { recordRun } from '../stand-in/exec-record.ts';
import { replayRun } from '../stand-in/exec-replay.ts';
import { standInModel } from '../stand-in/model.ts';
import { EXIT } from '../stand-in/outcome.ts';
import { isTool, parseSpeed } from '../stand-in/settings.ts';
import { standIn } from '../stand-in/stand-in.ts';
import { configured, type ShimConfig, type ShimName } from './config.ts';
import { findReal } from './find-real.ts';

/** Put before the bundle by `make.ts`. */
declare const REPRISE_SHIM: ShimConfig;

async function main(): Promise<void> {
  const script = process.argv[1]!;
  const name = basename(script) as ShimName;
  const folder = dirname(resolve(script));
  const args = process.argv.slice(2);
  const config = configured(REPRISE_SHIM, process.env, delimiter);
  const speed = parseSpeed(config.speed, 'shims');
  if (config.mode === 'real') return real(findReal(name, folder, process.env), args);
  if (config.mode === 'record') return record(config, name, findReal(name, folder, process.env), args);
  if (isTool(name)) {
    if (config.mode === 'model')
      throw new InputError(`there is no model of ${name} to play; record it, and replay that`);
    return replayRun({ ...config, tool: name, speed }, args);
  }
  const { state, faults } = config;
  if (config.mode === 'model')
    return standInModel({ provider: name, script: config.script, speed, faults, state }, args);
  const result = process.env.REPRISE_RESULT ?? null;
  standIn({ ...config, file: name, provider: speakerOf(name, args), speed, result }, args);
}

async function record(
  { out, state, maxLine }: ShimConfig,
  name: ShimName,
  file: string,
  args: readonly string[],
): Promise<void> {
  if (out === null) throw new InputError('REPRISE_OUT must be set to a folder for the recordings');
  if (isTool(name)) return recordRun({ tool: name, file, args, folder: out, state });
  // Which version it is belongs to no conversation.
  if (args.length === 1 && /^(--version|-v|-V)$/.test(args[0]!)) return real(file, args);
  const longest = maxLine === undefined ? {} : { 'max-line': String(maxLine) };
  const values = { out, mode: 'new', provider: speakerOf(name, args), as: name, ...longest };
  process.exitCode = await recordCommand.run(processIo(), { values, positionals: [], rest: [file, ...args] });
}

function real(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, [...args], { stdio: 'inherit' });
  for (const signal of TOLD) process.on(signal, () => child.kill(signal));
  return new Promise((done) => {
    child.on('error', ({ code = 'unknown', message }: NodeJS.ErrnoException) => {
      process.stderr.write(`reprise: ${file} cannot be started: ${message}\n`);
      done(endLike({ kind: 'not-started', errno: code, message }));
    });
    child.on('exit', (code, signal) => done(endLike({ kind: 'exited', code, signal })));
  });
}

main().catch((error: Error) => {
  const expected = error instanceof InputError || error instanceof UsageError || !process.env.REPRISE_DEBUG;
  process.stderr.write(`reprise: ${expected ? error.message : error.stack}\n`);
  process.exit(EXIT.nothing);
});
