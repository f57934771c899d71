/**
 * Claude in the four-record format: what goes over the boundary of the agent SDK, not over the pipe (facts/orchestration-v2 4.2). What the
 * SDK makes of its calls on the pipe is in facts/claude-wire 1.3 and 2; an answer that it keeps to itself is assumed, and said to be.
 */
import type { Json, JsonObject } from '../format.ts';
import { isArray, isObject } from '../json.ts';
import type { Frames } from './four-record.ts';
import { type Loss, quoted, textAt } from './source.ts';

type Line = { readonly dir: 'send' | 'recv'; readonly body: Json };

/** Options of a query by the flag that carries them. */
const FLAGS: Readonly<Record<string, string>> = {
  model: '--model',
  permissionMode: '--permission-mode',
  resume: '--resume',
  sessionId: '--session-id',
  resumeSessionAt: '--resume-session-at',
};
const LIST_FLAGS: Readonly<Record<string, string>> = {
  allowedTools: '--allowedTools',
  disallowedTools: '--disallowedTools',
};
const SWITCHES: Readonly<Record<string, string>> = {
  forkSession: '--fork-session',
  allowDangerouslySkipPermissions: '--allow-dangerously-skip-permissions',
  includePartialMessages: '--include-partial-messages',
};

export class SdkFrames implements Frames {
  readonly #losses: Loss[];
  #requests = 0;
  #asked = 0;
  #answered = 0;

  constructor(losses: Loss[]) {
    this.#losses = losses;
  }

  launch(first: Json): { file: string; args: readonly string[] } {
    const args = ['--output-format', 'stream-json', '--verbose', '--input-format', 'stream-json'];
    const opened = isObject(first) && first.type === 'query.open' && isObject(first.options) ? first.options : {};
    for (const [name, value] of Object.entries(opened)) {
      const list = Object.hasOwn(LIST_FLAGS, name) && isArray(value) && value.every((item) => typeof item === 'string');
      if (Object.hasOwn(FLAGS, name) && typeof value === 'string') args.push(`${FLAGS[name]}=${value}`);
      else if (list) args.push(`${LIST_FLAGS[name]}=${(value as readonly string[]).join(',')}`);
      else if (Object.hasOwn(SWITCHES, name) && typeof value === 'boolean') {
        if (value) args.push(SWITCHES[name] as string);
      } else {
        const what = `option ${quoted(name)} of the query`;
        this.#losses.push({ line: null, what, why: 'it has no flag on the command line that is known here' });
      }
    }
    return { file: 'claude', args };
  }

  lines(dir: 'send' | 'recv', frame: Json, line: number): Line[] {
    const type = isObject(frame) ? textAt(frame, 'type') : null;
    if (!isObject(frame) || type === null) return this.#lose(line, 'the frame', 'it has no "type"');
    if (dir === 'recv')
      return type === 'permission.request' ? [this.#permissionRequest(frame)] : this.#message(frame, type, line);
    switch (type) {
      case 'query.open':
        return this.#call(line, { subtype: 'initialize' }, {}, 'every query of the SDK begins with "initialize"');
      case 'prompt.offer':
        if (!isObject(frame.message)) return this.#lose(line, 'the prompt', 'it has no "message"');
        return [{ dir: 'send', body: frame.message }];
      case 'permission.response':
        return this.#permissionResponse(frame, line);
      case 'query.interrupt':
        return this.#call(
          line,
          { subtype: 'interrupt' },
          { still_queued: [] },
          'the SDK waits for an answer to "interrupt"',
        );
      case 'query.set_model':
        return this.#call(
          line,
          { subtype: 'set_model', model: frame.model ?? null },
          {},
          'the SDK waits for an answer to "set_model"',
        );
      case 'task.stop':
        return this.#call(
          line,
          { subtype: 'stop_task', task_id: frame.taskId ?? null },
          {},
          'the SDK waits for an answer to "stop_task"',
        );
      case 'query.close':
        return this.#lose(
          line,
          'query.close',
          'that the SDK closed stdin here is left out: the process ends by itself in this format',
        );
      default:
        return this.#lose(
          line,
          `the frame ${quoted(type)}`,
          'it is a call of the SDK that puts nothing on the pipe that is known here',
        );
    }
  }

  #message(frame: JsonObject, type: string, line: number): Line[] {
    if (type.includes('.')) {
      return this.#lose(line, `the frame ${quoted(type)}`, 'it is an answer of the SDK, not a line of the process');
    }
    return [{ dir: 'recv', body: frame }];
  }

  /** A control request and the answer that the format does not have. */
  #call(line: number, request: JsonObject, response: JsonObject, why: string): Line[] {
    const id = `import-${++this.#requests}`;
    this.#losses.push({
      line,
      what: `the answer to ${quoted(String(request.subtype))}`,
      why: `${why}, which is assumed`,
    });
    return [
      { dir: 'send', body: { request_id: id, type: 'control_request', request } },
      { dir: 'recv', body: { type: 'control_response', response: { subtype: 'success', request_id: id, response } } },
    ];
  }

  #permissionRequest(frame: JsonObject): Line {
    const options = isObject(frame.options) ? frame.options : {};
    const optional = (from: string, to: string): JsonObject =>
      options[from] === undefined ? {} : { [to]: options[from] as Json };
    const request = {
      subtype: 'can_use_tool',
      tool_name: frame.toolName ?? null,
      input: frame.input ?? {},
      ...optional('suggestions', 'permission_suggestions'),
      ...optional('blockedPath', 'blocked_path'),
      ...optional('toolUseID', 'tool_use_id'),
      ...optional('agentID', 'agent_id'),
    };
    return { dir: 'recv', body: { type: 'control_request', request_id: requestId(++this.#asked), request } };
  }

  #permissionResponse(frame: JsonObject, line: number): Line[] {
    if (!isObject(frame.result)) return this.#lose(line, 'the answer', 'it has no "result"');
    const { decisionClassification, ...response } = frame.result;
    if (decisionClassification !== undefined) {
      this.#lose(line, '"decisionClassification"', 'the SDK keeps it to itself');
    }
    // Answers come in the order of the questions: the format does not say which is meant.
    const id = requestId(++this.#answered);
    return [
      { dir: 'send', body: { type: 'control_response', response: { subtype: 'success', request_id: id, response } } },
    ];
  }

  #lose(line: number, what: string, why: string): Line[] {
    this.#losses.push({ line, what, why });
    return [];
  }
}

/** The process asks under uuids; which, the format does not say. */
const requestId = (n: number): string => `01a00000-0000-4000-8000-${String(n).padStart(12, '0')}`;
