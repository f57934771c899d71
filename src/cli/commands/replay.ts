import { counted } from '../../report/time.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import type { Command } from '../command.ts';
import { type Io, shown } from '../io.ts';
import { Progress } from '../progress.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { loadScripts, ownTranscripts, type ReplayOutcome, replayFile } from '../replay.ts';

export const replayCommand: Command = {
  name: 'replay',
  summary: 'Replays transcripts through the real adapters: every line must be the recorded one.',
  operands: '[FILE…]',
  count: [0, Number.POSITIVE_INFINITY],
  options: { 'max-line': MAX_LINE_OPTION, json: { help: 'print one JSON document' } },
  details:
    'Without FILE: all transcripts of this package. FILE - is standard input. The transcript answers in the place of the\nprovider, in virtual time.\nExit code 0: all went as recorded; 1: one did not.',
  async run(io, given) {
    const files = given.positionals.length > 0 ? given.positionals : ownTranscripts();
    const outcomes = await replayAll(io, files, { maxLine: maxLineOf('replay', given) });
    const failed = outcomes.filter(({ difference }) => difference !== null);
    if (given.values.json) {
      const transcripts = outcomes.map((outcome) => ({ ...outcome, file: shown(outcome.file) }));
      io.out(JSON.stringify({ replayed: outcomes.length, failed: failed.length, transcripts }, null, 2));
    } else {
      for (const outcome of outcomes) io.out(line(outcome));
      const all = failed.length === 0 ? 'all as recorded' : `${failed.length} not as recorded`;
      io.out(`${counted(outcomes.length, 'transcript')}, ${all}`);
    }
    return failed.length === 0 ? 0 : 1;
  },
};

/** Replays files one after another, with a bar. */
export async function replayAll(io: Io, files: readonly string[], options: ReadOptions = {}): Promise<ReplayOutcome[]> {
  const scripts = await loadScripts();
  const progress = new Progress(io, 'replaying', files.length);
  const outcomes: ReplayOutcome[] = [];
  try {
    for (const file of files) {
      progress.at(outcomes.length, shown(file));
      outcomes.push(await replayFile(file, scripts, options));
    }
  } finally {
    progress.end();
  }
  return outcomes;
}

function line({ file, records, difference }: ReplayOutcome): string {
  if (difference === null) return `as recorded  ${shown(file)}  (${counted(records, 'record')})`;
  return `DIFFERENT    ${shown(file)}\n${difference.replace(/^/gm, '    ')}`;
}
