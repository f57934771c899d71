import { UnmodelledError } from '../unmodelled.ts';
import type { ClaudeClips } from './clips.ts';
import type { Body, FrameWriter } from './frames.ts';
import type { ApiError } from './stream.ts';

/** Members of a recorded `result` that no run changes. */
const FIXED = ['fast_mode_state', 'fast_mode_disabled_reason', 'subagent_stats', 'safety_stops'] as const;

const fixed = new WeakMap<ClaudeClips, Body>();

function fixedOf(clips: ClaudeClips): Body {
  let body = fixed.get(clips);
  if (!body) {
    body = Object.fromEntries(FIXED.map((key) => [key, clips.result[key]]));
    fixed.set(clips, body);
  }
  return body;
}

export interface ResultInput {
  readonly usage: Body;
  readonly uuids: readonly string[];
  /** The last of the messages with which the turn began. */
  readonly primary: string | null;
  readonly numTurns: number;
  readonly denials: readonly object[];
  readonly index: number;
  readonly durationMs: number;
  readonly firstRequest: { readonly sentWallMs: number; readonly inputTokens: number } | null;
}

export type Ending =
  | { readonly kind: 'completed'; readonly text: string }
  | { readonly kind: 'aborted'; readonly while: 'streaming' | 'tools' }
  | { readonly kind: 'api-error'; readonly text: string; readonly status: number | null; readonly type: string | null };

/** Writes the `result` frame that ends a turn (facts 0.5, 3, 3.1, 4). */
export function writeResult(frames: FrameWriter, clips: ClaudeClips, input: ResultInput, ending: Ending): void {
  const { uuids, primary } = input;
  const named = uuids.length > 0 ? { user_message_uuid: primary ?? uuids.at(-1), user_message_uuids: uuids } : {};
  frames.event({
    duration_api_ms: input.durationMs,
    permission_denials: input.denials,
    ...input.usage,
    ...fixedOf(clips),
    num_turns: input.numTurns,
    type: 'result',
    duration_ms: input.durationMs,
    ...named,
    queued_turn_count: 0,
    result_index: input.index,
    ...(ending.kind === 'completed' ? completed(input, ending.text) : failed(ending)),
  });
}

function completed(input: ResultInput, text: string): Body {
  const { durationMs, firstRequest } = input;
  const first = {
    request_sent_wall_ms: firstRequest?.sentWallMs,
    first_request_input_tokens: firstRequest?.inputTokens,
    first_request_cache_read_input_tokens: 0,
  };
  return {
    subtype: 'success',
    is_error: false,
    terminal_reason: 'completed',
    stop_reason: 'end_turn',
    api_error_status: null,
    result: text,
    ttft_ms: durationMs,
    ttft_stream_ms: durationMs,
    time_to_request_ms: durationMs,
    first_content_frame_ms: durationMs,
    ...(input.uuids.length > 0 ? first : {}),
  };
}

function failed(ending: Exclude<Ending, { kind: 'completed' }>): Body {
  if (ending.kind === 'aborted') {
    const stopReason = ending.while === 'tools' ? 'tool_use' : null;
    return {
      subtype: 'error_during_execution',
      is_error: true,
      terminal_reason: `aborted_${ending.while}`,
      stop_reason: stopReason,
      errors: [`[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=${stopReason}`],
    };
  }
  return {
    subtype: 'success',
    is_error: true,
    terminal_reason: 'api_error',
    stop_reason: 'stop_sequence',
    api_error_status: ending.status,
    ...(ending.type === null ? { api_error: 'connection_failed' } : { api_error_type: ending.type }),
    result: ending.text,
  };
}

/** The `error` of an `api_retry` frame. */
export function retryWord(status: number): string {
  if (status === 401) return 'authentication_failed';
  if (status === 429) return 'rate_limit';
  return status === 529 ? 'overloaded' : 'server_error';
}

const GATEWAY =
  'This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway';
const DROPPED =
  'API Error: Connection dropped (ECONNRESET). Check the gateway set in ANTHROPIC_BASE_URL, then try again.';

/** Writes the synthetic assistant frame for an API failure (facts 4) and returns how the turn ends. Null: the connection broke. */
export function writeApiError(
  frames: FrameWriter,
  clips: ClaudeClips,
  error: ApiError | null,
  about: { readonly model: string; readonly gateway: string; readonly tags: Body },
): Ending {
  const { word, text } = error ? wordsFor(error, about) : { word: 'server_error', text: DROPPED };
  const message = { ...(clips.apiError.message as Body), id: frames.uuid(), content: [{ type: 'text', text }] };
  const detail = error
    ? { request_id: error.requestId, api_error_status: error.status, api_error_type: error.type }
    : { api_error: 'connection_failed' };
  frames.assistant(message, { error: word, is_api_error_message: true, ...detail, ...about.tags });
  return { kind: 'api-error', text, status: error?.status ?? null, type: error?.type ?? null };
}

function wordsFor(
  { status, message }: ApiError,
  { model, gateway }: { readonly model: string; readonly gateway: string },
): { word: string; text: string } {
  switch (status) {
    case 400:
      return { word: 'unknown', text: `API Error: 400 ${message}` };
    case 401:
      return { word: 'authentication_failed', text: 'Invalid API key · Fix external API key' };
    case 403:
      return { word: 'authentication_failed', text: `Failed to authenticate. API Error: 403 ${message}` };
    case 404:
      return {
        word: 'model_not_found',
        text: `There's an issue with the selected model (${model}). It may not exist or you may not have access to it. Run --model to pick a different model.`,
      };
    case 429:
      return { word: 'rate_limit', text: `API Error: Request rejected (429) · ${message}` };
    case 500:
    case 529:
      return { word: 'server_error', text: `API Error: ${status} ${message}. ${GATEWAY} (${gateway}).` };
    default:
      throw new UnmodelledError('claude', `API status ${status}`);
  }
}
