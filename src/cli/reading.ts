import { readFileSync } from 'node:fs';
import type { Transcript } from '../transcript/format.ts';
import type { ReadOptions, TranscriptError } from '../transcript/read.ts';
import { formatTranscriptError, MAX_LINE, readTranscript } from '../transcript/read.ts';
import { type Given, integerOption, type Option } from './command.ts';
import { InputError, ioReason } from './errors.ts';
import { shown } from './io.ts';

/** For commands that read transcripts. */
export const MAX_LINE_OPTION: Option = {
  value: 'LENGTH',
  help: `longest line that is read (default ${MAX_LINE})`,
};

/** The value of {@link MAX_LINE_OPTION}. Throws a `UsageError`. */
export function maxLineOf(command: string, given: Given): number {
  return integerOption(command, given, 'max-line', MAX_LINE, 1);
}

/** Reads a transcript at once. Throws {@link InputError}. */
export function readRecording(path: string, options: ReadOptions = {}): Transcript {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  const read = readTranscript(bytes, shown(path), options);
  if (read.ok) return read.transcript;
  throw notATranscript(read.errors[0]);
}

/** What is said of a transcript that the system does not give. */
export function unreadable(path: string, error: unknown): InputError {
  return new InputError(`${path}: cannot be read: ${ioReason(error)}; give the path of a transcript (*.ndjson)`);
}

/** What is said of a file that is no transcript. */
export function notATranscript(error: TranscriptError): InputError {
  const advice =
    error.code === 'too-long'
      ? 'With --max-line LENGTH, every command that takes transcripts reads longer ones.'
      : "Correct the line, or record it again; 'reprise import --from transcript' saves what is before it.";
  return new InputError(`not a transcript:\n${formatTranscriptError(error)}\n${advice}`);
}
