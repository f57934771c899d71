import { UnmodelledError } from '../unmodelled.ts';
import type { Body } from './frames.ts';
import type { ClaudeProcess } from './process.ts';
import { TIMING } from './timing.ts';

/** Control requests that the real CLI knows and that were not modelled (facts/claude-wire 1.3). */
const KNOWN = new Set(
  (
    'set_permission_mode set_model set_max_thinking_tokens apply_flag_settings seed_read_state set_has_subscribers end_session ' +
    'rename_session cancel_async_message rewind_files stop_task background_tasks mcp_status mcp_reconnect mcp_toggle mcp_set_servers ' +
    'mcp_call mcp_read_resource get_context_usage get_session_cost get_settings get_binary_version list_models list_permission_rules ' +
    'get_hooks_listing get_usage get_task_output file_suggestions read_file reload_skills reload_plugins reload_output_styles ' +
    'register_repo_root side_question generate_session_title get_plan set_cwd export_conversation claim_session remote_control'
  ).split(' '),
);

/** Answers the host's control requests. */
export class Controls {
  readonly #process: ClaudeProcess;
  #initialized = false;

  constructor(process: ClaudeProcess) {
    this.#process = process;
  }

  onRequest(id: string, request: Body): void {
    const subtype = String(request.subtype);
    if (subtype === 'initialize') this.#initialize(id, request);
    else if (subtype === 'interrupt') this.#interrupt(id, request);
    else if (KNOWN.has(subtype)) this.unmodelled(`control request ${subtype}`);
    else this.#refuse(id, subtype);
  }

  unmodelled(what: string): never {
    throw new UnmodelledError('claude', what);
  }

  #initialize(id: string, request: Body): void {
    const { frames, clips, proc } = this.#process;
    for (const key of Object.keys(request)) if (key !== 'subtype') this.unmodelled(`initialize with ${key}`);
    this.#process.countInitialize();
    const config = proc.env.CLAUDE_CONFIG_DIR ?? `${proc.env.HOME}/.claude`;
    const answer = { ...clips.initialize, user_output_styles_dir: `${config}/output-styles`, pid: proc.pid };
    frames.answer(id, answer, { pending_permission_requests: [], pending_user_dialog_requests: [] });
    if (this.#initialized) frames.event({ type: 'system', subtype: 'background_tasks_changed', tasks: [] });
    this.#initialized = true;
  }

  #interrupt(id: string, request: Body): void {
    if (request.cancel_queued !== undefined) this.unmodelled('interrupt with cancel_queued');
    const process = this.#process;
    process.later(TIMING.interrupt, () => {
      process.frames.answer(id, { still_queued: process.interruptReceived() });
      process.interruptTurn();
    });
  }

  #refuse(id: string, subtype: string): void {
    const error = `Unsupported control request subtype: ${subtype}`;
    const response = { subtype: 'error', request_id: id, error, error_code: 'unsupported_request' };
    this.#process.frames.write({ type: 'control_response', response });
  }
}
