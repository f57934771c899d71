import type { Proc, ProcSink, Program } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import type { ToolQuestion } from './approvals.ts';
import { type CommandClip, inDirectory } from './clips.ts';
import type { JsonObject } from './params.ts';
import type { LoadedThread } from './thread.ts';
import { TIMING } from './timings.ts';

/** A call of `exec_command`. */
export interface CommandRequest {
  readonly command: string;
  readonly escalated: boolean;
  readonly justification: string | null;
  readonly yieldMs: number;
}

/** Reads the arguments of the call. Throws {@link UnmodelledError} for arguments whose effect was not recorded. */
export function readCommand(argumentsText: string): CommandRequest {
  // A login shell (`login`) starts later, and does the same.
  const {
    cmd,
    sandbox_permissions,
    justification,
    yield_time_ms,
    login: _,
    ...other
  }: Record<string, unknown> = JSON.parse(argumentsText);
  const unknown = Object.keys(other)[0];
  if (unknown !== undefined) throw new UnmodelledError('codex', `exec_command with "${unknown}"`);
  return {
    command: String(cmd),
    escalated: sandbox_permissions === 'require_escalated',
    justification: typeof justification === 'string' ? justification : null,
    yieldMs: typeof yield_time_ms === 'number' ? yield_time_ms : TIMING.toolYield,
  };
}

/** One command of the model: its item on the wire, its process, and what the model is told about it. */
export class CommandRun {
  readonly settle: (result: string) => void;
  readonly #thread: LoadedThread;
  readonly #ids: { readonly threadId: string; readonly turnId: string };
  readonly #callId: string;
  readonly #request: CommandRequest;
  readonly #clip: CommandClip;
  #processId: string | null = null;
  #startedAtMs = 0;
  #shown = false;
  #output = '';
  #spawnedAtMs = 0;
  #told = 0;

  constructor(
    thread: LoadedThread,
    turnId: string,
    callId: string,
    request: CommandRequest,
    clip: CommandClip,
    settle: (result: string) => void,
  ) {
    this.#thread = thread;
    this.#ids = { threadId: thread.stored.threadId, turnId };
    this.#callId = callId;
    this.#request = request;
    this.#clip = clip;
    this.settle = settle;
  }

  /** The frame that shows the command for the first time. */
  started(): readonly [string, JsonObject] {
    this.#shown = true;
    this.#startedAtMs ||= this.#now;
    const startedAtMs = this.#startedAtMs;
    return ['item/started', { item: this.#item('inProgress', null, null), ...this.#ids, startedAtMs }];
  }

  question(clip: CommandClip): ToolQuestion {
    const { cwd } = this.#thread.stored;
    const { justification } = this.#request;
    const words = this.#request.justification === null ? {} : { reason: justification };
    const amendment = wordsOf(clip.command);
    return {
      method: 'item/commandExecution/requestApproval',
      params: {
        kind: 'command',
        ...this.#ids,
        itemId: this.#callId,
        startedAtMs: this.#startedAtMs,
        environmentId: 'local',
        ...words,
        command: shellWords(clip.command),
        cwd,
        commandActions: inDirectory(clip.actions, cwd),
        proposedExecpolicyAmendment: amendment,
        availableDecisions: [
          'accept',
          { acceptWithExecpolicyAmendment: { execpolicy_amendment: amendment } },
          'cancel',
        ],
      },
    };
  }

  /** The frame that closes a command which never ran. */
  refused(status: 'declined' | 'failed'): readonly [string, JsonObject] {
    return this.#completed(status, null);
  }

  /** The sandbox stops it before anybody sees it: only the model learns of it (facts/codex-wire.md 1.1.13). */
  deny(denied: NonNullable<CommandClip['denied']>): void {
    this.#spawnedAtMs = this.#now;
    this.#output = denied.output;
    this.settle(this.#report(`Process exited with code ${denied.exitCode}`));
  }

  start(): void {
    const { server, stored } = this.#thread;
    const { machine, ids } = server.world;
    this.#processId = ids.processId();
    this.#startedAtMs ||= this.#now;
    this.#spawnedAtMs = this.#now;
    let proc: Proc | null = null;
    const sink: ProcSink = {
      stdout: (chunk) => this.#wrote(chunk),
      stderr: (chunk) => this.#wrote(chunk),
      exited: (code) => {
        if (!proc) return;
        server.tools.delete(proc);
        machine.reap(proc);
        if (server.proc.alive && code !== null) this.#exited(code);
      },
    };
    proc = machine.start({
      argv: ['/bin/bash', '-c', this.#clip.command],
      program: playClip(this.#clip),
      parent: server.proc,
      newGroup: true,
      uid: server.proc.uid,
      cwd: stored.cwd,
      env: server.proc.env,
      sink,
    });
    server.tools.set(proc, { compound: this.#clip.compound });
    if (!this.#shown) {
      server.later(TIMING.toolHoldBack, () => {
        if (!this.#shown) server.notify(this.started());
      });
    }
    server.later(this.#request.yieldMs, () => this.#yield());
  }

  #wrote(chunk: string): void {
    const { server } = this.#thread;
    this.#output += chunk;
    // Held back with `item/started`: earlier output is only in the finished item.
    if (!this.#shown || !server.proc.alive) return;
    server.notify(['item/commandExecution/outputDelta', { ...this.#ids, itemId: this.#callId, delta: chunk }]);
  }

  #exited(code: number): void {
    const first = this.#shown ? [] : [this.started()];
    this.#thread.server.notify(...first, this.#completed(code === 0 ? 'completed' : 'failed', code));
    this.settle(this.#report(`Process exited with code ${code}`));
  }

  /** The model does not wait any longer; the command goes on as a background terminal. */
  #yield(): void {
    this.settle(this.#report(`Process running with session ID ${this.#processId}`));
  }

  /** Output counts as tokens of about four bytes. */
  #report(state: string): string {
    const news = this.#output.slice(this.#told);
    this.#told = this.#output.length;
    const seconds = ((this.#now - this.#spawnedAtMs) / 1_000).toFixed(4);
    const tokens = Math.ceil(news.length / 4);
    const { ids } = this.#thread.server.world;
    return `Chunk ID: ${ids.chunkId()}\nWall time: ${seconds} seconds\n${state}\nOriginal token count: ${tokens}\nOutput:\n${news}`;
  }

  #completed(status: string, exitCode: number | null): readonly [string, JsonObject] {
    this.#thread.stored.rollout.item();
    const now = this.#now;
    const item = this.#item(status, exitCode, now);
    return ['item/completed', { item, ...this.#ids, contentTokenCount: null, completedAtMs: now }];
  }

  #item(status: string, exitCode: number | null, completedAtMs: number | null): JsonObject {
    const { cwd } = this.#thread.stored;
    const ran = exitCode !== null;
    return {
      type: 'commandExecution',
      id: this.#callId,
      pluginId: null,
      scriptPath: null,
      command: shellWords(this.#clip.command),
      cwd,
      processId: this.#processId,
      source: this.#processId === null ? 'agent' : 'unifiedExecStartup',
      status,
      commandActions: inDirectory(this.#clip.actions, cwd),
      aggregatedOutput: ran && this.#output !== '' ? this.#output : null,
      exitCode,
      durationMs: ran ? this.#now - this.#spawnedAtMs : null,
      startedAtMs: this.#startedAtMs,
      completedAtMs,
    };
  }

  get #now(): number {
    return this.#thread.server.now;
  }
}

function playClip(clip: CommandClip): Program {
  return (proc) => {
    for (const { atMs, text } of clip.output) proc.after(atMs, () => proc.stdout(text));
    proc.after(clip.runMs, () => proc.exit(clip.exitCode));
  };
}

/** How codex shows a command line: quoted when the shell would need it. */
function shellWords(command: string): string {
  if (/^[\w@%+=:,./-]+$/.test(command)) return `/bin/bash -lc ${command}`;
  if (command.includes("'")) {
    throw new UnmodelledError('codex', `how a command with ' is shown: ${command}`);
  }
  return `/bin/bash -lc '${command}'`;
}

/** The command as the rule that would allow it: its words, or a whole shell line when it is more than one plain command. */
function wordsOf(command: string): readonly string[] {
  return /^[\w.-]+(?: [\w./-]+)*$/.test(command) ? command.split(' ') : ['/bin/bash', '-lc', command];
}
