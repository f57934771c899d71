import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { counted } from '../../report/time.ts';
import { castOf } from '../../transcript/export/cast.ts';
import { fourRecordOf } from '../../transcript/export/four-record.ts';
import type { Transcript } from '../../transcript/format.ts';
import type { Loss } from '../../transcript/import/source.ts';
import { replaceFile } from '../../transcript/write.ts';
import { type Command, type Given, integerOption, textOption } from '../command.ts';
import { InputError, ioReason, UsageError } from '../errors.ts';
import { type Io, shown } from '../io.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { readTranscriptFile } from '../replay.ts';

export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a transcript as a terminal recording, or in the replay format of another program.',
  operands: 'FILE',
  count: [1, 1],
  options: {
    cast: { value: 'OUT', help: 'write an asciicast v3 (.cast), for asciinema and its players' },
    'four-record': { value: 'OUT', help: 'write transcript_start, expect_outbound, emit_inbound, runtime_exit' },
    lane: { value: 'NAME', help: "the process to export (default: the cast's first one; of four-record, all)" },
    pane: { value: 'TARGET', help: "of a file of tmux runs: the screens of this pane, as 'capture-pane -t' named it" },
    columns: { value: 'N', help: 'width of the terminal of a cast (default 120)' },
    rows: { value: 'N', help: 'its height (default 40)' },
    'max-line': MAX_LINE_OPTION,
    json: { help: 'print one JSON document' },
  },
  details:
    'FILE - is standard input. A cast shows what the process wrote, its stderr in red, and what was written to it, dim.\nWhat cannot be carried over is said line by line. Exit code 0: written; 2: not, and the file of before is as it was.',
  async run(io, given) {
    const path = given.positionals[0]!;
    const [cast, four] = [textOption(given, 'cast'), textOption(given, 'four-record')];
    if ((cast === undefined) === (four === undefined)) {
      throw new UsageError('say what to write: either --cast OUT or --four-record OUT', 'export');
    }
    const out = (cast ?? four) as string;
    if (resolve(out) === resolve(path))
      throw new UsageError('OUT is the file that is read: give another name', 'export');
    const transcript = await readTranscriptFile(path, { maxLine: maxLineOf('export', given) });
    const done = attempt(path, () =>
      cast === undefined ? asFourRecord(transcript, given) : asCast(transcript, given),
    );
    save(out, done.text);
    say(io, given, { path, out, ...done });
    return 0;
  },
};

interface Exported {
  readonly text: string;
  /** What was written, counted. */
  readonly what: string;
  readonly losses: readonly Loss[];
}

function asCast(transcript: Transcript, given: Given): Exported {
  const lane = textOption(given, 'lane');
  const pane = textOption(given, 'pane');
  const { text, events } = castOf(transcript, {
    ...(lane === undefined ? {} : { lane }),
    ...(pane === undefined ? {} : { pane }),
    columns: integerOption('export', given, 'columns', 120, 1, 10_000),
    rows: integerOption('export', given, 'rows', 40, 1, 10_000),
  });
  return { text, what: counted(events, 'event'), losses: [] };
}

function asFourRecord(transcript: Transcript, given: Given): Exported {
  for (const name of ['pane', 'columns', 'rows']) {
    if (given.values[name] !== undefined) throw new UsageError(`--${name} is for --cast`, 'export');
  }
  const { text, records, losses } = fourRecordOf(transcript, textOption(given, 'lane'));
  return { text, what: counted(records, 'record'), losses };
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${path}: cannot be exported: ${error.message}`);
    throw error;
  }
}

function save(out: string, text: string): void {
  try {
    mkdirSync(dirname(out), { recursive: true });
    replaceFile(out, text);
  } catch (error) {
    throw new InputError(`${out}: cannot be written: ${ioReason(error)}; what was there is as it was`);
  }
}

function say(io: Io, given: Given, { path, out, what, losses }: Exported & { path: string; out: string }): void {
  if (given.values.json) {
    io.out(JSON.stringify({ file: path, out: shown(out), losses }, null, 2));
    return;
  }
  for (const { line, what: lost, why } of losses) io.note(`${path}:${line === null ? '' : `${line}:`} ${lost}: ${why}`);
  io.out(
    `${shown(out)}: ${what}${losses.length === 0 ? '' : `; ${counted(losses.length, 'note')} on what was not carried over`}`,
  );
}
