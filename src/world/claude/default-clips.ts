import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatTranscriptError, readTranscript } from '../../transcript/read.ts';
import { type ClaudeClips, clipsFrom } from './clips.ts';

const FOLDER = fileURLToPath(new URL('../../../transcripts/claude/', import.meta.url));

let clips: ClaudeClips | null = null;

/** The clips of the project's own recordings; read once. Throws when one of them cannot be read. */
export function defaultClips(): ClaudeClips {
  clips ??= clipsFrom(
    readdirSync(FOLDER)
      .sort()
      .map((file) => {
        const read = readTranscript(readFileSync(FOLDER + file), file);
        if (!read.ok) throw new Error(formatTranscriptError(read.errors[0]));
        return read.transcript;
      }),
  );
  return clips;
}
