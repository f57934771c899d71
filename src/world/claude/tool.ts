import type { Scheduled } from '../../kernel/kernel.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import type { ClaudeClips } from './clips.ts';
import type { Body, FrameWriter } from './frames.ts';
import type { Block } from './sessions.ts';
import { bashProgram, natureOf } from './shell.ts';
import { TIMING } from './timing.ts';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: Body;
}

/** What a tool call needs of the process that makes it. */
export interface ToolHost {
  readonly proc: Proc;
  readonly machine: Machine;
  readonly frames: FrameWriter;
  readonly clips: ClaudeClips;
  /** Paths that exist. */
  readonly files: Set<string>;
  later(ms: number, work: () => void): Scheduled;
  shellStarted(shell: Proc): void;
  /** The result is written; `denied` when it was not allowed to run. */
  toolDone(tool: ToolRun, result: Block, denied: boolean): void;
}

const ACCEPTED_BY_RULE = { decision: 'accept', source: 'config', reason_type: 'subcommandResults' };
const ACCEPTED_BY_USER = { decision: 'accept', source: 'user_temporary' };
const REJECTED_BY_USER = { decision: 'reject', source: 'user_reject' };
const REJECTED_OTHERWISE = { decision: 'reject', source: 'config', reason_type: 'other' };

const HOST_LEFT = 'Tool permission request failed: AbortError: Tool permission stream closed before response received';
const BAD_ANSWER =
  "The canUseTool callback returned an invalid permission result. Expected {behavior: 'allow', updatedInput?: object} or " +
  "{behavior: 'deny', message: string}. updatedPermissions may hold at most 4096 updates, rules and directories in all.";

/** One call of the Bash tool: permission question, process, result (facts 3, 3.1, 3.4). */
export class ToolRun {
  readonly call: ToolCall;
  state: 'waiting' | 'asked' | 'running' | 'done' = 'waiting';
  /** The host's answer must name this. */
  requestId: string | null = null;
  /** Its shell, while it runs. */
  shell: Proc | null = null;
  readonly #host: ToolHost;
  #command = '';
  #decision: object = ACCEPTED_BY_RULE;
  #silent = false;
  #output = '';
  #task: string | null = null;
  #timers: Scheduled[] = [];

  constructor(host: ToolHost, call: ToolCall) {
    if (call.name !== 'Bash') throw new UnmodelledError('claude', `tool ${call.name}`);
    this.#host = host;
    this.call = call;
  }

  /** Asks for permission, or runs at once. */
  begin(): void {
    this.#command = String(this.call.input.command);
    const { asks, writes, silent } = natureOf(this.#command, this.#host.proc.cwd);
    this.#silent = silent;
    if (asks) this.#ask(writes);
    else this.#run(this.#command);
  }

  /** The host's answer to the permission question. True when it also wants the turn to end. */
  answer(response: Body): boolean {
    this.#host.frames.state('running');
    this.state = 'waiting';
    const { behavior, updatedInput, message } = response;
    if (behavior === 'allow' && (typeof updatedInput === 'object' || updatedInput === undefined)) {
      this.#decision = ACCEPTED_BY_USER;
      const command = (updatedInput as Body | null | undefined)?.command ?? this.#command;
      this.#later(TIMING.answered, () => this.#run(String(command)));
    } else if (behavior === 'deny' && typeof message === 'string') {
      if (response.interrupt === true) return true;
      this.#later(TIMING.denied, () => this.#deny(message, REJECTED_BY_USER));
    } else {
      this.#later(TIMING.denied, () => this.#deny(BAD_ANSWER, REJECTED_OTHERWISE));
    }
    return false;
  }

  /** stdin ended while the question was open: nobody can answer it any more. */
  hostLeft(): void {
    this.#host.frames.state('running');
    this.state = 'waiting';
    this.#later(TIMING.denied, () => this.#deny(HOST_LEFT, REJECTED_OTHERWISE));
  }

  /** An interrupt: stops the process, and answers the model in place of the result. `words` says how far it had come. */
  reject(words: string, denied: boolean): void {
    this.#cancelTimers();
    this.#kill();
    this.#endTask('stopped');
    this.state = 'done';
    const block = { type: 'tool_result', content: words, is_error: true, tool_use_id: this.call.id } as const;
    this.#host.frames.user([block], {
      tool_use_result: 'User rejected tool use',
      tool_result_meta: [{ id: this.call.id, non_execution_kind: 'user-rejected' }],
    });
    this.#host.toolDone(this, block, denied);
  }

  /** A signal to claude: the shell is killed, and its result is still written. */
  killed(): void {
    this.#cancelTimers();
    this.#kill();
    this.#endTask('stopped');
    this.#finish(137);
  }

  #ask(writes: string | null): void {
    const { frames, proc } = this.#host;
    const { input } = this.call;
    this.state = 'asked';
    this.requestId = frames.uuid();
    frames.state('requires_action');
    const request = {
      subtype: 'can_use_tool',
      tool_name: 'Bash',
      display_name: 'Bash',
      input,
      description: input.description ?? this.#command,
      permission_suggestions: [
        {
          type: 'addRules',
          rules: [{ toolName: 'Bash', ruleContent: ruleFor(this.#command) }],
          behavior: 'allow',
          destination: 'localSettings',
        },
        { type: 'addDirectories', directories: [proc.cwd], destination: 'session' },
        { type: 'setMode', mode: 'acceptEdits', destination: 'session' },
      ],
      ...(writes === null ? {} : { blocked_path: writes }),
      tool_use_id: this.call.id,
    };
    frames.write({ type: 'control_request', request_id: this.requestId, request });
  }

  #run(command: string): void {
    const { proc, machine, files } = this.#host;
    this.state = 'running';
    const collect = (chunk: string) => {
      this.#output += chunk;
    };
    this.shell = machine.start({
      argv: ['/bin/bash', '-c', command],
      program: bashProgram(machine, command, files),
      parent: proc,
      newGroup: true,
      uid: proc.uid,
      cwd: proc.cwd,
      env: proc.env,
      sink: { stdout: collect, stderr: collect, exited: (code) => this.#exited(code ?? 137) },
    });
    this.#host.shellStarted(this.shell);
    this.#later(TIMING.task, () => this.#startTask());
    this.#later(TIMING.heartbeat, () => this.#heartbeat());
  }

  #exited(code: number): void {
    const shell = this.shell;
    this.shell = null;
    if (shell) this.#host.machine.reap(shell);
    if (this.state !== 'running' || !this.#host.proc.alive) return;
    this.#cancelTimers();
    this.#later(TIMING.toolResult, () => {
      this.#endTask('completed');
      this.#finish(code);
    });
  }

  #finish(code: number): void {
    const output = this.#output.trimEnd();
    this.state = 'done';
    const meta = [{ id: this.call.id, permission_decision: this.#decision }];
    if (code !== 0) {
      this.#error(`Exit code ${code}${output === '' ? '' : `\n${output}`}`, meta, false);
      return;
    }
    const content = output === '' ? '(Bash completed with no output)' : output;
    const block = { tool_use_id: this.call.id, type: 'tool_result', content, is_error: false } as const;
    const noOutputExpected = this.#silent;
    this.#host.frames.user([block], {
      tool_use_result: { stdout: output, stderr: '', interrupted: false, isImage: false, noOutputExpected },
      tool_result_meta: meta,
    });
    this.#host.toolDone(this, block, false);
  }

  #deny(message: string, decision: object): void {
    this.state = 'done';
    const meta = { id: this.call.id, non_execution_kind: 'permission-rule', permission_decision: decision };
    this.#error(message, [meta], true);
  }

  #error(content: string, meta: readonly object[], denied: boolean): void {
    const block = { type: 'tool_result', content, is_error: true, tool_use_id: this.call.id } as const;
    this.#host.frames.user([block], { tool_use_result: `Error: ${content}`, tool_result_meta: meta });
    this.#host.toolDone(this, block, denied);
  }

  #startTask(): void {
    const id = this.#host.frames.uuid();
    this.#task = id;
    this.#host.frames.event({
      type: 'system',
      subtype: 'task_started',
      ...this.#taskIds(id),
      description: this.#description,
      is_backgrounded: false,
      task_type: 'local_bash',
    });
  }

  #heartbeat(): void {
    if (this.#task === null) return;
    this.#host.frames.write({
      type: 'tool_progress',
      tool_use_id: `${this.call.id}-heartbeat-0`,
      tool_name: 'Bash',
      parent_tool_use_id: this.call.id,
      elapsed_time_seconds: 30,
      heartbeat: true,
      session_id: this.#host.frames.sessionId,
      uuid: this.#host.frames.uuid(),
    });
    this.#later(TIMING.heartbeat, () => {
      throw new UnmodelledError('claude', 'a command that runs for a minute');
    });
  }

  #endTask(status: 'completed' | 'stopped'): void {
    if (this.#task === null) return;
    const ids = this.#taskIds(this.#task);
    const rest = { status, output_file: '', summary: this.#description };
    this.#host.frames.event({ type: 'system', subtype: 'task_notification', ...ids, ...rest });
    this.#task = null;
  }

  get #description(): unknown {
    return this.call.input.description ?? this.#command;
  }

  /** Task ids are `b` and 8 characters, run ids a time and 8 hex digits; both are made of a fresh uuid here. */
  #taskIds(uuid: string): Body {
    const digits = uuid.replaceAll('-', '');
    return {
      task_id: `b${digits.slice(-8)}`,
      run_id: `0${digits.slice(0, 8)}-${digits.slice(-8)}`,
      tool_use_id: this.call.id,
    };
  }

  #kill(): void {
    const shell = this.shell;
    this.state = 'done';
    this.shell = null;
    if (!shell) return;
    this.#host.machine.kill(shell.uid, -shell.pgid, 'SIGKILL');
    this.#host.machine.reap(shell);
  }

  #later(ms: number, work: () => void): void {
    this.#timers.push(this.#host.later(ms, work));
  }

  #cancelTimers(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }
}

/** The rule that would allow the command for good: a second word that could be a subcommand becomes part of a prefix. */
function ruleFor(command: string): string {
  const [, second = '', ...rest] = command.split(/\s+/);
  if (rest.length > 0) throw new UnmodelledError('claude', `permission for ${JSON.stringify(command)}`);
  if (/^[a-z]+$/.test(second)) return `${command} *`;
  if (/^[a-z]+\.[a-z]+$/.test(second)) return command;
  throw new UnmodelledError('claude', `permission for ${JSON.stringify(command)}`);
}
