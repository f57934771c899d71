/** Claude Code's stream-json over stdio; sources: facts/claude-wire 3, 6, 7 and 9. */
import type { Json, JsonObject } from './format.ts';
import { isArray, isObject } from './json.ts';
import type { Leaf, Profile } from './profile.ts';
import { runsOf } from './profile-codex.ts';

const keys = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const UUID_KEYS = keys(
  'uuid prompt_id hook_id new_conversation_id user_message_uuid user_message_uuids command_uuid refused_user_message_uuid logical_parent_uuid message_uuid still_queued cancelled tool_use_id anchor_uuid head_uuid tail_uuid',
);
const TASK_KEYS = keys('task_id agent_id agentId backgroundTaskId');
const DURATIONS = keys(
  'duration_ms duration_api_ms ttft_ms ttft_stream_ms time_to_request_ms first_content_frame_ms thinking_duration_ms totalDurationMs durationSeconds elapsed_time_seconds retry_delay_ms',
);
const CONSTANTS = {
  initialize: keys('commands agents models capabilities skills categories eventCatalog'),
  init: keys('tools slash_commands terminal_slash_commands skills plugins capabilities agents'),
};
const IS_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** The program's texts in `user` and `system` frames, and in requests, are longer than what the fixtures' tools print. */
const LONG = 160;

export const claudeProfile: Profile = {
  provider: 'claude',
  protocol: 'claude.stream-json',
  headers: keys(
    'content-type retry-after request-id anthropic-version x-api-key authorization x-claude-code-session-id x-claude-code-agent-id x-stainless-retry-count',
  ),

  identity(leaf, value) {
    if (leaf.key === 'pid') return 'pid';
    if (typeof value !== 'string') return null;
    if (leaf.key === 'request_id') return requestKind(leaf);
    if (leaf.key === 'session_id' || leaf.key === 'sessionId') return IS_UUID.test(value) ? 'session' : null;
    if (TASK_KEYS.has(leaf.key)) return IS_UUID.test(value) ? 'uuid' : 'task';
    if (leaf.key === 'run_id' || leaf.key === 'runId') return 'run';
    const own =
      UUID_KEYS.has(leaf.key) || leaf.key.startsWith('preserved_') || (leaf.key === 'id' && leaf.parent === 'message');
    return own && IS_UUID.test(value) ? 'uuid' : null;
  },

  volatile(leaf, value) {
    if (leaf.key === 'local_command_source' || (leaf.key === 'text' && isCostReport(leaf)))
      return { $elided: { volatile: true } };
    if (leaf.key === 'user_id' && leaf.dir === 'http') return { $elided: { volatile: true } };
    if (leaf.key === 'timestamp' && typeof value === 'string') return 'iso';
    if (typeof value !== 'number') return null;
    if (leaf.key === 'end_time' || leaf.key === 'request_sent_wall_ms') return 'ms';
    if (DURATIONS.has(leaf.key)) return 'dur';
    return leaf.key === 'post_tokens' ? 'n' : null;
  },

  text(_leaf, text) {
    return text
      .replace(/\/tmp\/claude-\d+\//g, '/tmp/claude-<n>/')
      .replace(/\/plans\/[a-z0-9-]+\.md/g, '/plans/<slug>.md')
      .replace(/\b(duration_ms: )\d+/g, '$1<dur>')
      .replace(/\b(Total duration \([^)]*\): +)[\d.]+(m?s)/g, '$1<dur>$2');
  },

  embeds: (leaf) => (leaf.key === 'messaging_socket_path' ? ['pid'] : []),

  prose(leaf, value) {
    if (leaf.dir === 'http') return httpProse(leaf, value);
    if (leaf.dir !== 'recv' || !isObject(leaf.frame)) return null;
    const { type, subtype } = leaf.frame;
    if (isArray(value) && value.length > 0) {
      const initialize =
        type === 'control_response' && leaf.path.join('.').startsWith('response.response.') && leaf.depth === 3;
      const init = type === 'system' && subtype === 'init' && leaf.depth === 1;
      if ((initialize && CONSTANTS.initialize.has(leaf.key)) || (init && CONSTANTS.init.has(leaf.key))) return 'stable';
    }
    return (type === 'user' || type === 'system') && typeof value === 'string' && value.length > LONG ? 'stable' : null;
  },

  unstableKeys: (frame) => frame.type === 'result',

  gate(body) {
    return isObject(body) && (body.type === 'result' || body.type === 'control_response') ? '' : null;
  },

  scopes(act) {
    const answers = act.type === 'send' && isObject(act.body) && act.body.type === 'control_response';
    return answers ? [] : [''];
  },

  wakes(act, recv) {
    if (!isObject(recv)) return false;
    const running = recv.type === 'system' && recv.subtype === 'session_state_changed' && recv.state === 'running';
    const result = recv.type === 'user' || recv.type === 'result';
    if (act.type === 'signal') return result || (recv.type === 'assistant' && recv.aborted === true);
    if (act.type === 'eof' || !isObject(act.body)) return false;
    if (act.body.type === 'user') return running || (recv.type === 'system' && recv.subtype === 'init');
    if (act.body.type === 'control_response') return running || result;
    return isModeChange(recv) && subtypeOf(act.body) === 'set_permission_mode';
  },

  unordered(received) {
    return runsOf(received, (body) => isObject(body) && body.type === 'user' && hasToolResult(body));
  },

  floats(received, index, sent) {
    const frame = received[index];
    if (!isObject(frame) || !isMidTurn(received, index)) return false;
    // A mode that an approval changes has its place; one that the client sets during a turn has none (facts/claude-wire 7).
    if (isModeChange(frame)) return sent.some((body) => subtypeOf(body) === 'set_permission_mode');
    if (frame.type !== 'control_response' || !isObject(frame.response)) return false;
    const { request_id: id } = frame.response;
    const request = sent.find((body) => isObject(body) && body.type === 'control_request' && body.request_id === id);
    // The answer to an interrupt keeps its place before the frames of the end.
    return request !== undefined && !['interrupt', 'initialize'].includes(String(subtypeOf(request)));
  },
};

/** Who asked gave the id: `control_response` and `control_cancel_request` repeat it. */
function requestKind(leaf: Leaf): string | null {
  const type = isObject(leaf.frame) ? leaf.frame.type : null;
  const fromClient = leaf.dir === 'send';
  if (type === 'control_response' && leaf.parent === 'response') return fromClient ? 'control' : 'req';
  const asks = type === 'control_request' || type === 'control_cancel_request';
  if (!asks || leaf.depth !== 1) return null;
  return fromClient ? 'req' : 'control';
}

function isCostReport(leaf: Leaf): boolean {
  return (
    leaf.dir === 'recv' &&
    isObject(leaf.frame) &&
    leaf.frame.type === 'control_response' &&
    leaf.path.join('.') === 'response.response.text'
  );
}

function httpProse(leaf: Leaf, value: Json): 'stable' | 'volatile' | null {
  if (leaf.depth === 1 && leaf.key === 'tools') return isArray(value) && value.length > 0 ? 'stable' : null;
  // The system prompt has the date and the directory in it.
  if (leaf.depth === 1 && leaf.key === 'system') return 'volatile';
  if (typeof value !== 'string' || (leaf.key !== 'text' && leaf.key !== 'content')) return null;
  if (value.startsWith('<system-reminder>')) return 'volatile';
  return value.length > LONG ? 'stable' : null;
}

function subtypeOf(body: Json): Json {
  return isObject(body) && isObject(body.request) ? (body.request.subtype ?? null) : null;
}

function isModeChange(frame: JsonObject): boolean {
  return frame.type === 'system' && frame.subtype === 'status' && typeof frame.permissionMode === 'string';
}

function hasToolResult(frame: JsonObject): boolean {
  const content = isObject(frame.message) ? frame.message.content : null;
  return isArray(content) && content.some((block) => isObject(block) && block.type === 'tool_result');
}

/** Between the `init` of a turn and its `result`. */
function isMidTurn(received: readonly Json[], index: number): boolean {
  for (let i = index - 1; i >= 0; i--) {
    const frame = received[i];
    if (!isObject(frame)) continue;
    if (frame.type === 'result') return false;
    if (frame.type === 'system' && frame.subtype === 'init') return true;
  }
  return false;
}
