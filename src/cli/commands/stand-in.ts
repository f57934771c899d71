import { resolve } from 'node:path';
import { type Command, type Given, textOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { speakerOf } from '../recording/speakers.ts';
import { planned, readRecordings } from '../stand-in/recordings.ts';
import { parseSpeed, type StandInSettings } from '../stand-in/settings.ts';
import { standIn } from '../stand-in/stand-in.ts';
import { nameFault } from '../stand-in/striker.ts';

export const standInCommand: Command = {
  name: 'stand-in',
  summary: 'Is the provider, as it was recorded: put it where a program starts codex or claude.',
  operands: 'TRANSCRIPT…',
  count: [1, Number.POSITIVE_INFINITY],
  takesRest: true,
  options: {
    speed: { value: 'FACTOR', help: 'how much faster than recorded: 1, 10, … or max, without pauses (default)' },
    faults: { value: 'FILE', help: 'a file of faults to lay over the recording' },
    'dry-run': { help: 'say where each fault would strike, and do nothing' },
    'max-line': MAX_LINE_OPTION,
    state: { value: 'DIR', help: 'a folder that all processes of one test share; needed for more than one' },
    result: { value: 'FILE', help: 'write what came of it as JSON' },
  },
  details:
    "'reprise stand-in simple.ndjson -- codex app-server' speaks on its stdin and stdout as the recorded process did. What the\nclient does must be what was recorded. 'reprise shims' makes executables of it.\nExit code: as recorded; 90: the client did something else; 91: it left something out; 92: a fault did not strike;\n93: there is nothing to play; 2: bad usage or input.",
  async run(io, given) {
    const settings = settingsOf(given);
    if (given.values['dry-run']) return dryRun(io, settings);
    standIn(settings, given.rest.slice(1));
    // The process ends by itself, with a code of its own.
    return new Promise(() => {});
  },
};

function settingsOf(given: Given): StandInSettings {
  const [file, ...args] = given.rest;
  if (file === undefined) throw new UsageError("say what is started, behind '--': -- codex app-server", 'stand-in');
  const path = (name: string): string | null => {
    const text = textOption(given, name);
    return text === undefined ? null : resolve(text);
  };
  return {
    file,
    provider: speakerOf(file, args),
    transcripts: given.positionals.map((name) => resolve(name)),
    state: path('state'),
    result: path('result'),
    faults: path('faults'),
    speed: parseSpeed(textOption(given, 'speed'), 'stand-in'),
    maxLine: maxLineOf('stand-in', given),
  };
}

function dryRun(io: Io, { faults, transcripts, ...options }: StandInSettings): number {
  if (faults === null) throw new UsageError('--dry-run needs --faults FILE', 'stand-in');
  for (const fault of planned(faults, readRecordings(transcripts, options))) io.out(nameFault(fault));
  return 0;
}
