import { basename, join, resolve } from 'node:path';
import type { Transcript } from '../../transcript/format.ts';
import { type Command, type Given, textOption } from '../command.ts';
import { InputError, UsageError } from '../errors.ts';
import { type Io, shown } from '../io.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { checkShims, checkText } from '../shims/check.ts';
import { readConfig, type ShimConfig, type ShimName, STATE } from '../shims/config.ts';
import { makeShims } from '../shims/make.ts';
import { planned, readRecordings } from '../stand-in/recordings.ts';
import { NAMES, PROVIDERS, parseSpeed } from '../stand-in/settings.ts';

export const shimsCommand: Command = {
  name: 'shims',
  summary: 'Makes a folder for PATH in which codex, claude, tmux, zellij and herdr are recorded or replayed.',
  operands: 'DIR [TRANSCRIPT…]',
  count: [1, Number.POSITIVE_INFINITY],
  options: {
    record: { value: 'OUT', help: 'the shims run the real programs and write recordings into the folder OUT' },
    model: { help: 'codex and claude are the models of the simulator, in real time; no recording is needed' },
    script: { value: 'FILE', help: 'with --model: what the language model answers (JSON)' },
    only: {
      value: 'NAMES',
      help: 'which programs, e.g. codex,tmux (default: those that were recorded; all with --record)',
    },
    speed: { value: 'FACTOR', help: 'how much faster than recorded: 1, 10, … or max, without pauses (default)' },
    faults: { value: 'FILE', help: 'a file of faults to lay over the recordings or the models' },
    'max-line': MAX_LINE_OPTION,
    check: {
      help: 'say what came of the processes that were started through the shims in DIR, or end their recording',
    },
    json: { help: 'with --check: print one JSON document' },
  },
  details:
    "With TRANSCRIPTs (files, or folders) the shims replay: each process that is started takes the next recorded one with its\narguments. Put DIR first on PATH and run your test; then 'reprise shims DIR --check' says whether all went as recorded.\nEach call makes the shims afresh and forgets what was played or recorded. transcripts/guides/replay.md says more.\nExit code of --check: 0: as recorded; 1: not.",
  async run(io, given) {
    const [dir, ...transcripts] = given.positionals;
    const folder = resolve(dir!);
    if (given.values.check) {
      if (transcripts.length > 0) throw new UsageError('--check takes DIR only', 'shims');
      return check(io, folder, given.values.json === true);
    }
    if (given.values.json) throw new UsageError('--json goes with --check', 'shims');
    const config = configOf(given, folder, transcripts);
    const names = namesOf(textOption(given, 'only'), config);
    await makeShims(folder, names, config);
    io.out(`${shown(folder)}: ${names.join(', ')} (${whatFor(config)})`);
    io.out(`put it first on PATH:  PATH="${folder}:$PATH" …`);
    return 0;
  },
};

function configOf(given: Given, folder: string, transcripts: readonly string[]): ShimConfig {
  const out = textOption(given, 'record');
  const model = given.values.model === true;
  const chosen = [out !== undefined, model, transcripts.length > 0].filter(Boolean).length;
  if (chosen !== 1) throw new UsageError('give either TRANSCRIPTs to replay, or --record OUT, or --model', 'shims');
  const faults = textOption(given, 'faults');
  const script = textOption(given, 'script');
  if (script !== undefined && !model) throw new UsageError('--script goes with --model', 'shims');
  if (faults !== undefined && out !== undefined) throw new UsageError('--faults does not go with --record', 'shims');
  const speed = textOption(given, 'speed') ?? (model ? '1' : 'max');
  parseSpeed(speed, 'shims');
  const paths = transcripts.map((path) => resolve(path));
  // Mistakes are found now, not in the middle of a test.
  const maxLine = maxLineOf('shims', given);
  if (faults !== undefined && !model) planned(resolve(faults), readRecordings(paths, { maxLine }));
  return {
    mode: out !== undefined ? 'record' : model ? 'model' : 'replay',
    transcripts: paths,
    out: out === undefined ? null : resolve(out),
    state: join(folder, STATE),
    faults: faults === undefined ? null : resolve(faults),
    script: script === undefined ? null : resolve(script),
    speed,
    maxLine,
  };
}

function namesOf(only: string | undefined, config: ShimConfig): ShimName[] {
  if (only !== undefined) {
    const names = only.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !(NAMES as readonly string[]).includes(name));
    if (unknown !== undefined) throw new UsageError(`--only takes ${NAMES.join(', ')}, not '${unknown}'`, 'shims');
    return names as ShimName[];
  }
  if (config.mode === 'record') return [...NAMES];
  if (config.mode === 'model') return [...PROVIDERS];
  const recorded = new Set(readRecordings(config.transcripts, config).flatMap(namesIn));
  const names = NAMES.filter((name) => recorded.has(name));
  if (names.length > 0) return names;
  throw new InputError(
    `nothing in ${config.transcripts.join(', ')} can be replayed by name; there are: ${NAMES.join(', ')}`,
  );
}

/** What was started; plain NDJSON programs go by the name of their file, `codex exec` is one. */
function namesIn({ header, records }: Transcript): string[] {
  if (header.provider !== 'ndjson') return [header.provider];
  return records.flatMap((record) => (record.type === 'spawn' ? [basename(record.file)] : []));
}

function whatFor({ mode, out, transcripts }: ShimConfig): string {
  if (mode === 'record') return `recorded into ${shown(out!)}`;
  if (mode === 'model') return 'played by the models of the simulator';
  return `replayed from ${transcripts.map(shown).join(', ')}`;
}

function check(io: Io, folder: string, json: boolean): number {
  const { failed, neverStarted, passed, recorded } = checkShims(readConfig(folder));
  const ok = failed.length === 0 && neverStarted.length === 0;
  if (json) {
    io.out(JSON.stringify({ ok, passed, failed, neverStarted, recorded }, null, 2));
    return ok ? 0 : 1;
  }
  if (recorded !== undefined) {
    for (const { file, saved } of recorded) io.out(`${shown(file)}: ${saved === 'unchanged' ? 'as it was' : saved}`);
    if (recorded.length === 0) io.out('no run of a tool was recorded');
    return 0;
  }
  io.out(checkText({ failed, neverStarted, passed }));
  return ok ? 0 : 1;
}
