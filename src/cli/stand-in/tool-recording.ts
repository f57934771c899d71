/** The recording of a tool: one file, to which each run is added by a process of its own. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { execTemplate, RunNames } from '../../transcript/exec-match.ts';
import { type ExecRecord, FORMAT, type HeaderRecord, type Json, type Tool } from '../../transcript/format.ts';
import { readTranscript } from '../../transcript/read.ts';
import { countRedactions } from '../../transcript/redact.ts';
import { textsOf } from '../../transcript/seal.ts';
import { replaceFile, sameExceptTiming, serialiseRecord, UnredactedSecretError } from '../../transcript/write.ts';
import { packageVersion } from '../package.ts';
import { redactorOfThisMachine, today } from '../recording/machine.ts';

export interface ToolRecording {
  readonly tool: Tool;
  /** Folder of the recording; all runs of a tool go to one file in it, e.g. `tmux.ndjson`. */
  readonly folder: string;
  /** Folder that the runs of one recording share. Where it knows nothing of the tool, the recording begins, and replaces an earlier one. */
  readonly state: string;
}

/** What the runs of one recording know of each other. */
interface Memory {
  /** When the first run began (ms since the epoch). */
  readonly began: number;
  readonly names: Readonly<Record<string, string>>;
}

/** Whoever holds the lock for so long is gone (ms). */
const LOCK_MS = 5_000;

const fileOf = ({ folder, tool }: ToolRecording): string => join(folder, `${tool}.ndjson`);
const memoryOf = ({ state, tool }: ToolRecording): string => join(state, `recording-${tool}.json`);
const earlierOf = ({ state, tool }: ToolRecording): string => join(state, `earlier-${tool}.ndjson`);

/**
 * Adds a run, which began at `began` (ms since the epoch), as one whole line. `version` is asked when the run is the first. Throws an
 * {@link UnredactedSecretError} when a credential is left; then nothing is written.
 */
export async function addRun(
  recording: ToolRecording,
  began: number,
  run: Omit<ExecRecord, 't'>,
  version: () => Promise<string>,
): Promise<void> {
  mkdirSync(recording.folder, { recursive: true });
  mkdirSync(recording.state, { recursive: true });
  const first = existsSync(memoryOf(recording)) ? null : await version();
  await locked(join(recording.state, `lock-${recording.tool}`), () => {
    const path = fileOf(recording);
    const memory = existsSync(memoryOf(recording)) ? read(recording) : begin(recording, began, first ?? 'unknown');
    const names = new RunNames(memory.names);
    const record = redacted({ ...run, t: Math.max(0, Math.round(began - memory.began)) }, names, path);
    const line = `${serialiseRecord(record)}\n`;
    // The header counts what was taken out.
    if (Object.keys(countRedactions(textsOf(record))).length === 0) appendFileSync(path, line);
    else replaceFile(path, withCounts(readFileSync(path, 'utf8') + line, path));
    writeFileSync(memoryOf(recording), JSON.stringify({ ...memory, names: names.known }), { mode: 0o600 });
  });
}

/**
 * When the program under test has ended: a recording that says what the earlier one said, apart from timing, becomes the earlier one,
 * byte for byte. Null when nothing was recorded.
 */
export function endRecording(recording: ToolRecording): 'written' | 'unchanged' | null {
  if (!existsSync(memoryOf(recording))) return null;
  const path = fileOf(recording);
  const text = readFileSync(path, 'utf8');
  const earlier = existsSync(earlierOf(recording)) ? readFileSync(earlierOf(recording), 'utf8') : null;
  const same = earlier !== null && sameExceptTiming(earlier, text);
  if (same) replaceFile(path, earlier);
  return same ? 'unchanged' : 'written';
}

const read = (recording: ToolRecording): Memory => JSON.parse(readFileSync(memoryOf(recording), 'utf8')) as Memory;

function begin(recording: ToolRecording, began: number, providerVersion: string): Memory {
  const path = fileOf(recording);
  if (existsSync(path)) copyFileSync(path, earlierOf(recording));
  const header: HeaderRecord = {
    type: 'header',
    format: FORMAT,
    provider: recording.tool,
    protocol: 'exec',
    providerVersion,
    scenario: basename(path, '.ndjson'),
    schemaDigest: null,
    platform: `${process.platform}-${process.arch}`,
    recorder: `reprise ${packageVersion()}`,
    recorded: today(),
    redactions: {},
  };
  replaceFile(path, `${serialiseRecord(header)}\n`);
  return { began, names: {} };
}

function withCounts(text: string, path: string): string {
  const result = readTranscript(text, path);
  if (!result.ok) return text;
  const { header, records } = result.transcript;
  const redactions = countRedactions(records.flatMap(textsOf));
  return `${serialiseRecord({ ...header, redactions })}${text.slice(text.indexOf('\n'))}`;
}

function redacted(record: ExecRecord, names: RunNames, path: string): ExecRecord {
  const redactor = redactorOfThisMachine();
  const named = execTemplate(record, { ws: process.cwd(), home: homedir() }, names);
  const { args, stdout, stderr } = named;
  const clean = (text: string): string => redactor.text(text);
  const result = { ...named, args: redactor.args(args).map(clean), stdout: clean(stdout), stderr: clean(stderr) };
  const kinds = redactor.secretsInJson(result as unknown as Json);
  if (kinds.length > 0) throw new UnredactedSecretError(`a run for ${path}`, kinds);
  return result;
}

/** One process at a time; the lock of one that was killed is taken from it. */
async function locked(lock: string, work: () => void): Promise<void> {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (age(lock) > LOCK_MS) rmSync(lock, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  try {
    work();
  } finally {
    rmdirSync(lock);
  }
}

function age(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
