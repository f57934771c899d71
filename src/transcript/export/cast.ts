/**
 * Transcripts as terminal recordings: asciicast v3 (docs.asciinema.org/manual/asciicast/v3), NDJSON of a header and of events
 * `[seconds since the event before, code, data]`: `o` output, `i` input, `r` a new size, `m` a marker, `x` the exit status.
 */
import { constants } from 'node:os';
import type { ExecRecord, FrameRecord, LaneRecord, Transcript } from '../format.ts';

export interface CastOptions {
  /** The process (or tool) to show; default: the first lane of the file. */
  readonly lane?: string;
  /** Show the screens of this tmux pane, as `capture-pane -t` named it, and nothing else. */
  readonly pane?: string;
  /** Size of the terminal; what the file says of a pane's size goes before it. */
  readonly columns: number;
  readonly rows: number;
}

export interface Cast {
  readonly text: string;
  readonly events: number;
}

type Event = readonly [t: number, code: 'o' | 'i' | 'r' | 'm' | 'x', data: string];

const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const PLAIN = '\u001b[0m';
const CLEAR = '\u001b[H\u001b[2J';

/**
 * A process as a terminal would have shown it: what it wrote, its stderr in red, and what the client wrote to it, dim, as a terminal
 * echoes what is typed; runs of tools as commands and their output. Symbols stay as they are in the file. Throws a RangeError, which says what
 * there is instead, when the file has no such lane or pane.
 */
export function castOf(transcript: Transcript, options: CastOptions): Cast {
  const lanes = [...new Set(transcript.records.filter(({ type }) => type !== 'http').map(({ lane }) => lane))];
  const lane = options.lane ?? lanes[0];
  if (lane === undefined || !lanes.includes(lane)) {
    throw new RangeError(`there is no lane ${lane ?? 'at all'}; there are: ${lanes.join(', ') || 'none'}`);
  }
  const records = transcript.records.filter((record) => record.lane === lane);
  const events = (options.pane === undefined ? records.flatMap(eventsOf) : screens(records, options.pane)).sort(
    ([a], [b]) => a - b,
  );
  const spawn = records.find((record) => record.type === 'spawn');
  const size = options.pane === undefined ? null : firstSize(events);
  const header = {
    version: 3,
    term: { cols: size?.columns ?? options.columns, rows: size?.rows ?? options.rows },
    ...(spawn === undefined ? {} : { command: [spawn.file, ...spawn.args].join(' ') }),
    title: `${transcript.header.scenario} ${options.pane ?? lane}`,
  };
  let last = 0;
  const lines = events.map(([t, code, data]) => {
    const seconds = (t - last) / 1000;
    last = t;
    return JSON.stringify([seconds, code, data]);
  });
  return { text: `${[JSON.stringify(header), ...lines].join('\n')}\n`, events: lines.length };
}

function eventsOf(record: LaneRecord): Event[] {
  const { t } = record;
  switch (record.type) {
    case 'frame':
      return frameEvents(record);
    case 'spawn':
      return record.notStarted === undefined
        ? []
        : [[t, 'o', `${RED}${record.file}: ${record.notStarted}${PLAIN}\r\n`]];
    case 'eof':
      return [[t, 'm', 'stdin closed']];
    case 'signal':
      return [[t, 'm', `${record.signal} to the ${record.scope}`]];
    case 'broken':
      return [[t, 'm', `${record.stream} broken: ${record.errno}`]];
    case 'exit':
      return [[t, 'x', String(status(record.code, record.signal))]];
    case 'exec':
      return execEvents(record);
    case 'http':
      return [];
  }
}

function frameEvents({ t, dir, body, raw, cut }: FrameRecord): Event[] {
  const line = body === undefined ? (raw ?? '') : JSON.stringify(body);
  const end = cut === true ? '' : '\r\n';
  if (dir === 'recv') return [[t, 'o', line + end]];
  if (dir === 'err') return [[t, 'o', `${RED}${line}${PLAIN}${end}`]];
  return [
    [t, 'i', `${line}\r`],
    [t, 'o', `${DIM}${line}${PLAIN}\r\n`],
  ];
}

function execEvents({ t, ms, file, args, stdout, stderr, code, signal }: ExecRecord): Event[] {
  const out = stdout === '' ? [] : [[t + ms, 'o', terminal(stdout)] as const];
  const err = stderr === '' ? [] : [[t + ms, 'o', `${RED}${terminal(stderr)}${PLAIN}`] as const];
  const failed = status(code, signal);
  const end = failed === 0 ? [] : [[t + ms, 'o', `${RED}(exit status ${failed})${PLAIN}\r\n`] as const];
  return [[t, 'o', `${DIM}$ ${[file, ...args].map(shown).join(' ')}${PLAIN}\r\n`], ...out, ...err, ...end];
}

/** What a terminal in its usual mode makes of lines. */
const terminal = (text: string): string => text.replace(/\r?\n/g, '\r\n');

const shown = (arg: string): string => (/^[\w@%+=:,./<>-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);

/** As a shell tells it. */
function status(code: number | null, signal: string | null): number {
  const numbers = constants.signals as Readonly<Record<string, number>>;
  return code ?? 128 + (numbers[signal ?? ''] ?? 0);
}

/** Each `capture-pane -p` of the pane is a screen; sizes come from the commands that gave the pane its window. */
function screens(records: readonly LaneRecord[], pane: string): Event[] {
  const runs = records.filter((record): record is ExecRecord => record.type === 'exec');
  const captures = runs.filter(({ args, code }) => code === 0 && isCapture(args));
  const named = [...new Set(captures.map(({ args }) => optionOf(args, '-t') ?? 'the current pane'))];
  if (!named.includes(pane)) {
    throw new RangeError(`there is no screen of the pane ${pane}; there are screens of: ${named.join(', ') || 'none'}`);
  }
  const session = sessionOf(pane);
  return runs.flatMap((run): Event[] => {
    const { t, ms, args, stdout } = run;
    if (captures.includes(run) && (optionOf(args, '-t') ?? 'the current pane') === pane) {
      return [[t + ms, 'o', CLEAR + terminal(stdout.replace(/\n+$/, ''))]];
    }
    const target = optionOf(args, '-t') ?? optionOf(args, '-s');
    const [x, y] = [Number(optionOf(args, '-x')), Number(optionOf(args, '-y'))];
    const sizes = run.code === 0 && target !== null && sessionOf(target) === session && x > 0 && y > 0;
    return sizes ? [[t, 'r', `${x}x${y}`]] : [];
  });
}

const isCapture = (args: readonly string[]): boolean =>
  args.some((arg) => arg === 'capture-pane' || arg === 'capturep') &&
  args.some((arg) => /^-[a-zA-Z]*p/.test(arg)) &&
  !args.includes('-b');

function optionOf(args: readonly string[], name: string): string | null {
  const at = args.indexOf(name, args.findIndex((arg) => /^[a-z]+(?:-[a-z]+)+$|^capturep$/.test(arg)) + 1);
  return at < 0 ? null : (args[at + 1] ?? null);
}

/** The session part of a target such as `=name:0.1`. */
const sessionOf = (target: string): string => target.replace(/^=/, '').replace(/:.*$/, '');

function firstSize(events: readonly Event[]): { columns: number; rows: number } | null {
  const first = events.find(([, code]) => code === 'r')?.[2].split('x');
  return first === undefined ? null : { columns: Number(first[0]), rows: Number(first[1]) };
}
