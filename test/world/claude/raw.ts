import { type Choice, ChoiceList } from '../../../src/kernel/choices.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { type ClaudeFaults, type ClaudeWorld, installClaude } from '../../../src/world/claude/index.ts';
import { Machine } from '../../../src/world/machine.ts';
import type { ModelRule } from '../../../src/world/model/index.ts';
import { scriptSource } from '../../../src/world/model/source.ts';
import type { Proc } from '../../../src/world/proc.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into frames at will
type Frame = Readonly<Record<string, any>>;

const CWD = '/home/dev/workspace';
const FLAGS = [
  '--output-format',
  'stream-json',
  '--verbose',
  '--input-format',
  'stream-json',
  '--permission-prompt-tool=stdio',
  '--model=claude-sonnet-4-5',
  '--permission-mode=default',
];

/** A machine with claude on it, for tests that speak the protocol by hand. */
export class RawMachine {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly claude: ClaudeWorld;

  constructor(rules: readonly ModelRule[], more: { faults?: ClaudeFaults; choices?: readonly Choice[] } = {}) {
    this.kernel = new Kernel({ choices: new ChoiceList(more.choices ?? []) });
    this.machine = new Machine(this.kernel);
    const { faults } = more;
    this.claude = installClaude(this.machine, { model: scriptSource({ rules }), ...(faults ? { faults } : {}) });
  }

  start(...flags: string[]): RawClaude {
    return new RawClaude(this, [...FLAGS, ...flags], { CLAUDE_CODE_SDK_READS_SESSION_STATE: '1' });
  }

  /** One whose host has not asked for states. */
  startWithoutStates(): RawClaude {
    return new RawClaude(this, FLAGS, {});
  }

  /** Lets everything happen that is due within `ms`. */
  pass(ms: number): void {
    const until = this.kernel.now + ms;
    while (this.kernel.step(until));
    this.kernel.advanceTo(until);
  }
}

/** One claude process. */
export class RawClaude {
  readonly proc: Proc;
  readonly frames: Frame[] = [];
  stderr = '';
  exit: { readonly code: number | null; readonly signal: string | null } | null = null;
  readonly #world: RawMachine;
  #shown = 0;

  constructor(world: RawMachine, flags: readonly string[], env: Readonly<Record<string, string>>) {
    this.#world = world;
    this.proc = world.machine.start({
      argv: ['claude', ...flags],
      program: world.claude.program,
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: CWD,
      env: { HOME: '/home/dev', CLAUDE_CODE_MAX_RETRIES: '1', ...env },
      sink: {
        stdout: (chunk) => {
          for (const line of chunk.trimEnd().split('\n')) this.frames.push(JSON.parse(line));
        },
        stderr: (chunk) => {
          this.stderr += chunk;
        },
        exited: (code, signal) => {
          this.exit = { code, signal };
        },
      },
    });
  }

  line(text: string): void {
    this.proc.feed(`${text}\n`);
  }

  send(frame: object): void {
    this.line(JSON.stringify(frame));
  }

  say(content: string, uuid?: string): void {
    const message = { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' };
    this.send(uuid ? { ...message, uuid } : message);
  }

  control(id: string, request: object): void {
    this.send({ request_id: id, type: 'control_request', request });
  }

  /** Answers the open permission question. */
  answer(response: object): void {
    const asked = this.frames.findLast(({ request }) => request?.subtype === 'can_use_tool');
    this.send({ type: 'control_response', response: { subtype: 'success', request_id: asked?.request_id, response } });
  }

  end(): void {
    this.proc.feedEnd();
  }

  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): void {
    this.#world.machine.kill(0, this.proc.pid, signal);
  }

  /** What was written since the last call, a word for each frame, in the notation of facts/claude-wire 13. */
  heard(): string {
    const words = this.frames.slice(this.#shown).map(word);
    this.#shown = this.frames.length;
    return words.join(' ');
  }

  get last(): Frame {
    return this.frames.at(-1) ?? {};
  }

  /** The last frame of a type. */
  of(type: string): Frame {
    return this.frames.findLast((frame) => frame.type === type) ?? {};
  }
}

const STATES: Readonly<Record<string, string>> = { running: 'S:run', requires_action: 'S:act', idle: 'S:idle' };
const LIFECYCLE: Readonly<Record<string, string>> = { queued: 'q', started: 's', completed: 'c', cancelled: 'cx' };

function word(frame: Frame): string {
  switch (frame.type) {
    case 'control_response':
      return frame.response.response?.commands ? 'IR' : frame.response.subtype === 'error' ? 'CR:err' : 'CR';
    case 'control_request':
      return 'Q:perm';
    case 'control_cancel_request':
      return 'Q:cancel';
    case 'command_lifecycle':
      return `L:${LIFECYCLE[frame.state]}${frame.command_uuid.slice(-1)}`;
    case 'assistant':
      return assistantWord(frame);
    case 'user':
      return userWord(frame);
    case 'result':
      return frame.subtype === 'success' ? `R:ok${frame.is_error ? '+err' : ''}` : `R:${frame.terminal_reason}`;
    case 'stream_event':
      return 'se';
    case 'system':
      return systemWord(frame);
    default:
      return frame.type;
  }
}

function systemWord(frame: Frame): string {
  if (frame.subtype === 'session_state_changed') return STATES[frame.state] ?? '?';
  if (frame.subtype === 'init') return 'INIT';
  if (frame.subtype === 'api_retry') return 'RETRY';
  if (frame.subtype === 'task_started') return 'TS';
  if (frame.subtype === 'task_notification') return `TN:${frame.status}`;
  return frame.subtype === 'background_tasks_changed' ? 'BG' : frame.subtype;
}

function assistantWord({ message, aborted }: Frame): string {
  if (message.model === '<synthetic>') return 'A:synth';
  return `A:${message.content[0].type === 'tool_use' ? 'tool' : message.content[0].type}${aborted ? '!' : ''}`;
}

function userWord({ message, isSynthetic }: Frame): string {
  const [block] = message.content;
  if (block.type === 'tool_result') return block.is_error ? 'U:res-err' : 'U:res';
  return isSynthetic ? 'U:synth' : 'U:intr';
}
