import { mkdirSync, readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { counted } from '../../report/time.ts';
import type { Speaker } from '../../transcript/format.ts';
import {
  IMPORT_FORMATS,
  type ImportFormat,
  type ImportResult,
  importTranscript,
} from '../../transcript/import/import.ts';
import type { Loss } from '../../transcript/import/source.ts';
import { formatFinding } from '../../transcript/lint.ts';
import { saveTranscript, UnredactedSecretError } from '../../transcript/write.ts';
import { type Command, type Given, textOption } from '../command.ts';
import { InputError, ioReason, UsageError } from '../errors.ts';
import { type Io, shown } from '../io.ts';
import { packageVersion } from '../package.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';

const SPEAKERS: readonly Speaker[] = ['codex', 'claude', 'ndjson'];

export const importCommand: Command = {
  name: 'import',
  summary: 'Makes a transcript of a recording that another program made.',
  operands: 'FILE',
  count: [1, 1],
  options: {
    out: { value: 'FILE', help: 'the transcript to write (required), e.g. simple.ndjson; its name is the scenario' },
    from: { value: 'FORMAT', help: `${IMPORT_FORMATS.join(', ')} (default: found by looking at it)` },
    provider: { value: 'NAME', help: `${SPEAKERS.join(', ')} (default: what the file says, or looks like)` },
    'max-line': MAX_LINE_OPTION,
    json: { help: 'print one JSON document' },
  },
  details:
    "FILE - is standard input. Reads the four-record replay format (transcript_start, expect_outbound, emit_inbound,\nruntime_exit), logs of STDIN: and STDOUT: lines, session files of Claude Code, and transcripts that are damaged. What\ncannot be carried over, or is assumed, is said line by line. Secrets, home and user names are replaced, and the\nprovider's own prose is left out. Exit code 0: something was imported; 2: nothing could be, and FILE of --out is as it was.",
  async run(io, given) {
    const path = given.positionals[0]!;
    const out = outOf(given, path);
    const result = convert(await read(path), path, out, given);
    if (!result.ok) {
      for (const loss of result.losses) io.note(lossLine(path, loss));
      throw new InputError(`${path}: nothing was imported: ${result.reason}`);
    }
    const saved = save(out, result.text);
    if (given.values.json) io.out(JSON.stringify(json(path, out, saved, result), null, 2));
    else say(io, path, out, saved, result);
    return 0;
  },
};

type Success = Extract<ImportResult, { ok: true }>;

function say(
  io: Io,
  path: string,
  out: string,
  saved: string,
  { format, transcript, losses, findings }: Success,
): void {
  for (const loss of losses) io.note(lossLine(path, loss));
  for (const finding of findings) io.note(formatFinding({ ...finding, file: shown(out) }));
  const { header, records } = transcript;
  const notes = [
    ...(saved === 'unchanged' ? ['as it was'] : []),
    losses.length === 0
      ? 'all was carried over'
      : `${counted(losses.length, 'note')} on what was not carried over, or is assumed`,
    ...(findings.length === 0 ? [] : [`${counted(findings.length, 'finding')} of 'reprise lint' to mend by hand`]),
  ];
  io.out(
    `${shown(out)}: ${counted(records.length, 'record')} of ${header.provider} from ${format}; ${notes.join('; ')}`,
  );
}

const lossLine = (path: string, { line, what, why }: Loss): string =>
  `${path}:${line === null ? '' : `${line}:`} ${what}: ${why}`;

function json(path: string, out: string, saved: string, { format, transcript, losses, findings }: Success) {
  const { header, records } = transcript;
  return {
    file: path,
    out: shown(out),
    saved,
    format,
    provider: header.provider,
    records: records.length,
    losses,
    findings,
  };
}

function outOf(given: Given, path: string): string {
  const out = textOption(given, 'out');
  if (out === undefined) throw new UsageError('say where to write the transcript: --out FILE', 'import');
  if (!out.endsWith('.ndjson') || basename(out) === '.ndjson') {
    throw new UsageError(`--out must be a name and .ndjson, not '${out}'`, 'import');
  }
  if (path !== '-' && resolve(out) === resolve(path)) {
    throw new UsageError('--out is the file that is read: give another name, so that nothing of it is lost', 'import');
  }
  return out;
}

function oneOf<T extends string>(given: Given, name: string, known: readonly T[]): T | undefined {
  const text = textOption(given, name);
  if (text === undefined || (known as readonly string[]).includes(text)) return text as T | undefined;
  throw new UsageError(`--${name} is one of ${known.join(', ')}, not '${text}'`, 'import');
}

function convert(bytes: Uint8Array, path: string, out: string, given: Given): ImportResult {
  const format = oneOf<ImportFormat>(given, 'from', IMPORT_FORMATS);
  const speaker = oneOf<Speaker>(given, 'provider', SPEAKERS);
  try {
    return importTranscript(bytes, path, {
      scenario: basename(out, '.ndjson'),
      recorder: `reprise ${packageVersion()}`,
      ...(format === undefined ? {} : { format }),
      ...(speaker === undefined ? {} : { speaker }),
      maxLine: maxLineOf('import', given),
      redaction: { env: process.env, homes: [homedir()], hosts: [hostname()], users: [userInfo().username] },
    });
  } catch (error) {
    if (error instanceof UnredactedSecretError) throw new InputError(`${path}: nothing was imported: ${error.message}`);
    throw error;
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await buffer(process.stdin) : readFileSync(path);
  } catch (error) {
    throw new InputError(`${path}: cannot be read: ${ioReason(error)}; give the path of a recording`);
  }
}

function save(out: string, text: string): 'written' | 'unchanged' {
  try {
    mkdirSync(dirname(out), { recursive: true });
    return saveTranscript(out, text);
  } catch (error) {
    throw new InputError(`${out}: cannot be written: ${ioReason(error)}; what was there is as it was`);
  }
}
