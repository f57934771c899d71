import { UnmodelledError } from '../unmodelled.ts';
import { type Answer, approvalQuestion, type ToolQuestion } from './approvals.ts';
import { type CommandClip, inDirectory, type PatchClip } from './clips.ts';
import { CommandRun, readCommand } from './commands.ts';
import type { ToolCall } from './model-items.ts';
import type { JsonObject } from './params.ts';
import type { HistoryEntry } from './store.ts';
import type { LoadedThread } from './thread.ts';
import { TIMING } from './timings.ts';

/** The tools of one turn, of which several may run at once. What they say goes back to the model in the order of the calls. */
export class TurnTools {
  readonly #thread: LoadedThread;
  readonly #turnId: string;
  readonly #onSettled: () => void;
  #calls: { readonly call: ToolCall; result: string | null }[] = [];
  readonly #questions = new Set<number>();
  /** The turn's changes to files as a diff, once a patch was applied. */
  diff: string | null = null;

  constructor(thread: LoadedThread, turnId: string, onSettled: () => void) {
    this.#thread = thread;
    this.#turnId = turnId;
    this.#onSettled = onSettled;
  }

  /** The model waits for at least one result. */
  get waiting(): boolean {
    return this.#calls.some(({ result }) => result === null);
  }

  start(call: ToolCall): void {
    const entry = { call, result: null as string | null };
    this.#calls.push(entry);
    const settle = (result: string) => {
      if (entry.result !== null) return;
      entry.result = result;
      this.#thread.stored.rollout.add(1);
      this.#onSettled();
    };
    if (call.kind === 'function' && call.name === 'exec_command') this.#command(call, settle);
    else if (call.kind === 'custom' && call.name === 'apply_patch') this.#patch(call, settle);
    else throw new UnmodelledError('codex', `the tool ${call.name}`);
  }

  /** What the tools of the last answer said, for the next request. */
  takeResults(): HistoryEntry[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls.map(({ call, result }) => {
      const output = result ?? '';
      const type = call.kind === 'custom' ? 'custom_tool_call_output' : 'function_call_output';
      return { by: 'tool', text: output, item: { type, call_id: call.callId, output } };
    });
  }

  /** The turn was interrupted: its open questions are void. Gives the frames that say so. */
  dropQuestions(): (readonly [string, JsonObject])[] {
    const open = [...this.#questions];
    this.#questions.clear();
    for (const id of open) this.#thread.server.dropQuestion(id);
    return open.map((requestId) => ['serverRequest/resolved', { threadId: this.#ids.threadId, requestId }]);
  }

  get #ids(): { readonly threadId: string; readonly turnId: string } {
    return { threadId: this.#thread.stored.threadId, turnId: this.#turnId };
  }

  #command(call: ToolCall, settle: (result: string) => void): void {
    const { server, stored } = this.#thread;
    const request = readCommand(call.input);
    const clip = server.world.clips.commands.find(({ command }) => command === request.command);
    if (!clip) throw missingClip('command', request.command);
    const run = new CommandRun(this.#thread, this.#turnId, call.callId, request, clip, settle);
    if (!mayRunAtOnce(stored.approvalPolicy, stored.sandbox, request.escalated)) {
      server.later(TIMING.approvalRequest, () => this.#askForCommand(run, clip));
      return;
    }
    const sandboxed = stored.sandbox !== 'danger-full-access' && !request.escalated;
    server.later(TIMING.toolSpawn, () => (sandboxed && clip.denied ? run.deny(clip.denied) : run.start()));
  }

  #askForCommand(run: CommandRun, clip: CommandClip): void {
    const { server } = this.#thread;
    server.notify(...this.#thread.waitForApproval(1), run.started());
    this.#ask(run.question(clip), (answer) => {
      if (answer === 'accept') {
        server.notify(...this.#thread.waitForApproval(-1));
        server.later(TIMING.toolSpawn, () => run.start());
        return;
      }
      const why = answer === 'decline' ? 'rejected by user' : 'approval request failed';
      const words = `exec_command failed: CreateProcess { message: "Rejected(\\"${why}\\")" }`;
      server.logError('codex_core::tools::router', `\u001b[3merror\u001b[0m\u001b[2m=\u001b[0m${words}`);
      server.notify(run.refused(answer === 'decline' ? 'declined' : 'failed'), ...this.#thread.waitForApproval(-1));
      run.settle(words);
    });
  }

  #patch(call: ToolCall, settle: (result: string) => void): void {
    const { server, stored } = this.#thread;
    const clip = server.world.clips.patches.find(({ patch }) => patch === call.input);
    if (!clip) throw missingClip('patch', call.input);
    const at = server.now;
    const item = (status: string, completedAtMs: number | null): JsonObject => ({
      type: 'fileChange',
      id: call.callId,
      changes: inDirectory(clip.changes, stored.cwd),
      status,
      startedAtMs: at,
      completedAtMs,
    });
    server.notify(['item/started', { item: item('inProgress', null), ...this.#ids, startedAtMs: at }]);
    const done = (status: string): readonly [string, JsonObject] => {
      stored.rollout.item();
      const { now } = server;
      return ['item/completed', { item: item(status, now), ...this.#ids, contentTokenCount: null, completedAtMs: now }];
    };
    if (mayRunAtOnce(stored.approvalPolicy, stored.sandbox, true)) return this.#applyPatch(clip, done, settle);
    server.later(TIMING.approvalAnswered, () => {
      server.notify(...this.#thread.waitForApproval(1));
      const params = { ...this.#ids, itemId: call.callId, startedAtMs: server.now, reason: null, grantRoot: null };
      this.#ask({ method: 'item/fileChange/requestApproval', params }, (answer) => {
        server.notify(...this.#thread.waitForApproval(-1));
        if (answer === 'accept') return this.#applyPatch(clip, done, settle);
        if (answer === 'error') throw new UnmodelledError('codex', 'an error as answer about a patch');
        const words = 'patch rejected by user';
        server.logError('codex_core::tools::router', `\u001b[3merror\u001b[0m\u001b[2m=\u001b[0m${words}`);
        server.notify(done('declined'));
        settle(words);
      });
    });
  }

  #applyPatch(
    clip: PatchClip,
    done: (status: string) => readonly [string, JsonObject],
    settle: (r: string) => void,
  ): void {
    const { server } = this.#thread;
    server.later(TIMING.patchApply, () => {
      this.diff = clip.diff;
      server.notify(done('completed'), ['turn/diff/updated', { ...this.#ids, diff: clip.diff }]);
      settle(clip.result);
    });
  }

  #ask(question: ToolQuestion, decide: (answer: Answer) => void): void {
    const { server } = this.#thread;
    const id = approvalQuestion(server, question, (answer) => {
      this.#questions.delete(id);
      server.notify(['serverRequest/resolved', { threadId: this.#ids.threadId, requestId: id }]);
      decide(answer);
    });
    this.#questions.add(id);
  }
}

/** Untrusted: nothing; on request: what the model did not want out of the sandbox; without a sandbox: everything. */
function mayRunAtOnce(policy: string, sandbox: string, escalated: boolean): boolean {
  if (policy === 'never') return true;
  if (policy === 'untrusted') return false;
  return sandbox === 'danger-full-access' || !escalated;
}

function missingClip(kind: string, what: string): UnmodelledError {
  return new UnmodelledError('codex', `the ${kind} ${JSON.stringify(what)}, of which there is no clip,`);
}
