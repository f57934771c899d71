import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../transcript/package-root.ts';
import { formatTranscriptError, readTranscript } from '../../transcript/read.ts';
import { type ClaudeClips, clipsFrom } from './clips.ts';

const FOLDER = join(packageRoot(), 'transcripts', 'claude');

let clips: ClaudeClips | null = null;

/** The clips of the project's own recordings; read once. Throws when one of them cannot be read. */
export function defaultClips(): ClaudeClips {
  clips ??= clipsFrom(
    readdirSync(FOLDER)
      .sort()
      .map((file) => {
        const read = readTranscript(readFileSync(join(FOLDER, file)), file);
        if (!read.ok) throw new Error(formatTranscriptError(read.errors[0]));
        return read.transcript;
      }),
  );
  return clips;
}
