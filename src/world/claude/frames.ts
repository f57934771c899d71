import type { Proc } from '../proc.ts';

export type Body = Readonly<Record<string, unknown>>;

/** Wall clock at virtual time 0, as the simulated daemon sees it: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;

/** Writes one process's stdout: one JSON line a frame, all lines of one instant as one chunk. */
export class FrameWriter {
  readonly #proc: Proc;
  readonly #now: () => number;
  readonly #partial: boolean;
  readonly #states: boolean;
  readonly #uuidHead: string;
  #pending = '';
  #minted = 0;
  #tail = '';
  #sessionId: string;

  constructor(proc: Proc, now: () => number, sessionId: string, partial: boolean) {
    this.#proc = proc;
    this.#now = now;
    this.#sessionId = sessionId;
    this.#partial = partial;
    this.#states = proc.env.CLAUDE_CODE_SDK_READS_SESSION_STATE === '1';
    const process = (proc.startTicks * 65_536 + proc.pid).toString(16).padStart(12, '0').slice(-12);
    this.#uuidHead = `${process.slice(0, 8)}-${process.slice(8)}-4000-8000-`;
    this.#tail = `,"session_id":${JSON.stringify(sessionId)},"uuid":"${this.#uuidHead}`;
  }

  /** `session_id` of all frames. */
  get sessionId(): string {
    return this.#sessionId;
  }

  /** A fresh uuid, unique in the run: the process is part of it. */
  uuid(): string {
    return this.#uuidHead + this.#count();
  }

  get wallMs(): number {
    return EPOCH_MS + this.#now();
  }

  get timestamp(): string {
    return new Date(this.wallMs).toISOString();
  }

  write(body: Body): void {
    this.#pending += `${JSON.stringify(body)}\n`;
  }

  /** Puts what was written in this instant on the pipe. */
  flush(): void {
    if (this.#pending === '') return;
    const chunk = this.#pending;
    this.#pending = '';
    this.#proc.stdout(chunk);
  }

  /** Adds the members that nearly all frames have. */
  event(body: Body): void {
    this.eventText(JSON.stringify(body));
  }

  /** The same for a body whose JSON is at hand. */
  eventText(json: string): void {
    this.#pending += `${json.slice(0, -1)}${this.#tail}${this.#count()}"}\n`;
  }

  /** Only a host that asked for states gets them. */
  state(state: 'running' | 'requires_action' | 'idle'): void {
    if (this.#states) this.event({ type: 'system', subtype: 'session_state_changed', state, sdk_host_only: true });
  }

  /** Messages without a uuid have no lifecycle. */
  lifecycle(uuid: string | null, state: 'queued' | 'started' | 'completed' | 'cancelled'): void {
    if (uuid !== null) this.event({ type: 'command_lifecycle', command_uuid: uuid, state });
  }

  /** Only with `--include-partial-messages`. */
  requesting(uuids: readonly string[]): void {
    if (!this.#partial) return;
    const named = uuids.length > 0 ? { user_message_uuids: uuids } : {};
    this.event({ type: 'system', subtype: 'status', status: 'requesting', ...named });
  }

  /** Only with `--include-partial-messages`. `json` is the event as the API sent it. */
  stream(json: string, apiMessageId: string, extra?: Body): void {
    if (!this.#partial) return;
    const rest = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    this.eventText(
      `{"type":"stream_event","event":${json},"parent_tool_use_id":null,"api_message_id":"${apiMessageId}"${rest}}`,
    );
  }

  user(content: readonly object[], extra: Body = {}): void {
    const message = { role: 'user', content };
    this.event({ type: 'user', message, parent_tool_use_id: null, timestamp: this.timestamp, ...extra });
  }

  assistant(message: object, extra: Body = {}): void {
    this.event({ type: 'assistant', message, parent_tool_use_id: null, timestamp: this.timestamp, ...extra });
  }

  answer(requestId: string, response: object, beside: Body = {}): void {
    const body = { subtype: 'success', request_id: requestId, response, ...beside };
    this.write({ type: 'control_response', response: body });
  }

  #count(): string {
    return (++this.#minted).toString(16).padStart(12, '0');
  }
}
