/**
 * The session files of Claude Code (`projects/…/<session>.jsonl`, facts/claude-wire 3.3 and 9). They hold the conversation as the program
 * remembers it, not its pipe: of the frames there are the user's prompts, the finished blocks of the assistant and the results of tools.
 */
import type { Json, JsonObject } from '../format.ts';
import { isArray, isObject } from '../json.ts';
import type { RawRecord } from '../raw.ts';
import { type Imported, type Loss, objectLines, quoted, type SourceLine, textAt, timeAfter } from './source.ts';
import { commonest } from './tolerant.ts';

const LANE = 'claude:1';
const ARGS = ['--output-format', 'stream-json', '--verbose', '--input-format', 'stream-json'];

/** Why lines of these types are left out; they were never on the pipe. */
const NOT_ON_THE_PIPE: Readonly<Record<string, string>> = {
  summary: 'it is a title for the list of sessions',
  attachment: "it is the program's own words to the model",
  'file-history-snapshot': "it is the program's backup of files",
  'queue-operation': 'it is a note on the queue of prompts',
  'last-prompt': 'it is a note for the list of sessions',
  'cost-state': 'it is a note on the costs',
};

/** What cannot be carried over is added to `losses`. */
export function importClaudeSession(lines: readonly SourceLine[], losses: Loss[]): Imported {
  const entries = objectLines(lines, losses);
  const first = entries.map(({ value }) => timeOf(value)).find((at) => at !== null) ?? null;
  const cwd = commonest(entries.flatMap(({ value }) => textAt(value, 'cwd') ?? []));
  const log: RawRecord[] = [
    { k: 'spawn', lane: LANE, t: 0, file: 'claude', args: ARGS, ...(cwd === null ? {} : { cwd }), env: {} },
  ];
  let t = 0;
  let turns = 0;
  for (const { number, value } of entries) {
    const why = reasonAgainst(value);
    if (why !== null) {
      losses.push({ line: number, what: `the line of type ${quoted(textAt(value, 'type') ?? '')}`, why });
      continue;
    }
    const at = timeOf(value);
    if (at !== null && first !== null) t = timeAfter(t, at - first, number, losses);
    const send = isPrompt(value);
    if (send) turns++;
    log.push({
      k: 'line',
      lane: LANE,
      t,
      dir: send ? 'send' : 'recv',
      text: JSON.stringify(send ? promptOf(value) : frameOf(value)),
    });
  }
  const lose = (what: string, why: string): number => losses.push({ line: null, what, why });
  lose('how the process was started', `the file does not say it: 'claude ${ARGS.join(' ')}' is assumed`);
  lose(
    '"initialize", "system" and "result" frames, streamed pieces, permission requests',
    'a session file does not hold them: a client that waits for the end of a turn waits for ever',
  );
  lose(
    '"stop_reason" and "usage" of assistant frames',
    'the file has those of the whole message, the pipe those of a message that goes on',
  );
  const entrypoint = commonest(entries.flatMap(({ value }) => textAt(value, 'entrypoint') ?? []));
  if (entrypoint === 'cli') lose('the pipe', 'the session was held in a terminal: there was none');
  if (turns === 0) lose('prompts', 'the file has no line that a user wrote');
  log.push({ k: 'eof', lane: LANE, t }, { k: 'exit', lane: LANE, t, code: 0, signal: null });
  lose('how the process ended', 'the file does not say it: that its stdin was closed, and exit code 0, are assumed');
  return {
    log,
    speaker: 'claude',
    version: commonest(entries.flatMap(({ value }) => textAt(value, 'version') ?? [])),
    ...dayOf(first),
    places: { paths: cwd === null ? {} : { ws: cwd } },
    ordered: true,
  };
}

/** Why the line is no frame, or null. */
function reasonAgainst(value: JsonObject): string | null {
  const type = textAt(value, 'type');
  if (type === null) return 'it has no "type"';
  if (type !== 'user' && type !== 'assistant') {
    return (
      (Object.hasOwn(NOT_ON_THE_PIPE, type) ? NOT_ON_THE_PIPE[type] : undefined) ??
      'it is no part of the conversation, or of a kind that is not known here'
    );
  }
  if (value.isSidechain === true) return 'it is of a helper: the file does not say of which call';
  if (value.isMeta === true) return "it is the program's own words under the user's name";
  if (value.isCompactSummary === true) return "it is the program's summary of what was said before";
  if (!isObject(value.message) || value.message.role !== type) return `it has no "message" of the ${type}`;
  const { content } = value.message;
  return typeof content === 'string' || isArray(content) ? null : 'its message has no "content"';
}

/** A user's line that the client wrote; the program writes those with the results of tools. */
function isPrompt(value: JsonObject): boolean {
  if (value.type !== 'user') return false;
  const content = isObject(value.message) ? value.message.content : null;
  return !(isArray(content) && content.some((block) => isObject(block) && block.type === 'tool_result'));
}

function promptOf({ message, uuid }: JsonObject): Json {
  return {
    type: 'user',
    message: message as Json,
    parent_tool_use_id: null,
    session_id: '',
    ...(typeof uuid === 'string' ? { uuid } : {}),
  };
}

function frameOf(value: JsonObject): Json {
  const { type, message, uuid, sessionId, timestamp, requestId, toolUseResult } = value;
  return {
    type: type as Json,
    message: message as Json,
    parent_tool_use_id: null,
    ...(typeof sessionId === 'string' ? { session_id: sessionId } : {}),
    ...(typeof uuid === 'string' ? { uuid } : {}),
    ...(typeof timestamp === 'string' ? { timestamp } : {}),
    ...(typeof requestId === 'string' ? { request_id: requestId } : {}),
    ...(toolUseResult === undefined ? {} : { tool_use_result: toolUseResult }),
  };
}

function timeOf(value: JsonObject): number | null {
  const text = textAt(value, 'timestamp');
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** The day of a time, if it has four digits for the year. */
function dayOf(time: number | null): { recorded?: string } {
  const day = time === null ? null : /^\d{4}-\d\d-\d\d(?=T)/.exec(new Date(time).toISOString());
  return day === null ? {} : { recorded: day[0] };
}
