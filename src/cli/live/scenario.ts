import { MODEL_SCRIPT } from '../../scenario/model-script.ts';
import { chatName, pairName, type Scenario, type Step } from '../../scenario/scenario.ts';
import { LiveMachine, type LiveMachineOptions } from './machine.ts';
import type { LiveTools } from './requirements.ts';
import { Talk } from './talk.ts';
import { LiveTui } from './tui.ts';

/** A small scenario without faults: what the benchmark runs in the simulator and on the real machine. */
export const LIVE_SCENARIO: Scenario = {
  format: 1,
  pairs: 2,
  chats: [
    { provider: 'codex', pair: 0 },
    { provider: 'codex', pair: 1 },
    { provider: 'claude', pair: 0 },
  ],
  coTenant: false,
  steps: [
    { at: 0, do: 'attach', chat: 0 },
    { at: 500, do: 'attach', chat: 1 },
    { at: 1_000, do: 'attach', chat: 2 },
    { at: 1_500, do: 'message', chat: 0, prompt: 'hello' },
    { at: 3_000, do: 'message', chat: 1, prompt: 'tool' },
    { at: 4_500, do: 'message', chat: 2, prompt: 'hello' },
    { at: 7_000, do: 'helper', chat: 0 },
    { at: 8_500, do: 'restart' },
    { at: 11_500, do: 'attach', chat: 0 },
    { at: 12_500, do: 'message', chat: 0, prompt: 'hello' },
    { at: 14_000, do: 'close', chat: 1 },
  ],
  faults: [],
  choices: [],
};

/** Wall-clock ms. */
export interface LiveTiming {
  /** From nothing to nothing: the sum of the others. */
  readonly wallMs: number;
  /** Folder, network namespace and model server. */
  readonly worldMs: number;
  /** First daemon, all pairs live, all chats open. */
  readonly setUpMs: number;
  /** The scenario's steps, each begun when what the one before asked for was done. */
  readonly stepsMs: number;
  /** Shutdown, proof that nothing is left, removal of the folder. */
  readonly endMs: number;
}

export interface LiveScenarioOptions {
  /** Default: {@link LIVE_SCENARIO}. */
  readonly scenario?: Scenario;
  /** How long anything may take before the run fails. Default 60,000 ms. */
  readonly patienceMs?: number;
  /** See `LiveMachineOptions`. */
  readonly between?: LiveMachineOptions['between'];
}

/**
 * Runs a scenario on this machine: real core, real tmux, real providers (`findRequirements` gives the tools). Its times
 * are not waited for: each step begins when the one before is done. Rejects on a scenario with faults or a
 * co-tenant, when something does not happen in time, and when anything is left behind.
 */
export async function runLiveScenario(tools: LiveTools, options: LiveScenarioOptions = {}): Promise<LiveTiming> {
  const { scenario = LIVE_SCENARIO, patienceMs = 60_000, between } = options;
  if (scenario.faults.length > 0 || scenario.coTenant)
    throw new RangeError('a scenario with faults or with another tenant of tmux cannot be run on the real machine');
  const stop = new AbortController().signal;
  const startedAt = performance.now();
  const machine = await LiveMachine.open({
    tools,
    script: MODEL_SCRIPT,
    patienceMs,
    stop,
    ...(between ? { between } : {}),
  });
  const openedAt = performance.now();
  let setUpAt = openedAt;
  let doneAt = openedAt;
  let left: readonly string[] = [];
  try {
    const actors = new Actors(machine, scenario);
    await actors.setUp();
    setUpAt = performance.now();
    for (const step of scenario.steps) await actors.perform(step);
    doneAt = performance.now();
  } finally {
    left = await machine.dispose();
  }
  const problems = [...machine.model.problems(), ...left];
  if (problems.length > 0) throw new Error(`the live run was not clean: ${problems.join('; ')}`);
  const endedAt = performance.now();
  return {
    wallMs: endedAt - startedAt,
    worldMs: openedAt - startedAt,
    setUpMs: setUpAt - openedAt,
    stepsMs: doneAt - setUpAt,
    endMs: endedAt - doneAt,
  };
}

/** Does what a scenario's users do, one thing after the other. */
class Actors {
  readonly #machine: LiveMachine;
  readonly #scenario: Scenario;
  readonly #talk: Talk;
  readonly #tuis = new Map<string, LiveTui>();
  #helpers = 0;

  constructor(machine: LiveMachine, scenario: Scenario) {
    this.#machine = machine;
    this.#scenario = scenario;
    this.#talk = new Talk(machine);
  }

  async setUp(): Promise<void> {
    const { chats, pairs } = this.#scenario;
    const daemon = await this.#machine.boot();
    for (let index = 0; index < pairs; index++) await daemon.ensurePair(pairName(this.#scenario, index));
    for (const [index, { provider, pair }] of chats.entries()) {
      const chatId = chatName(this.#scenario, index);
      this.#machine.windows.open(chatId);
      const pairId = pairName(this.#scenario, pair);
      await daemon.openChat({ chatId, provider, pairId, cwd: this.#machine.workspace });
    }
    await this.#allLive();
  }

  /** Resolves when what the step asked for is done. */
  async perform(step: Step): Promise<void> {
    const { daemon, watch, log } = this.#machine;
    const whom = 'chat' in step ? chatName(this.#scenario, step.chat) : '';
    const pairId = 'pair' in step ? pairName(this.#scenario, step.pair) : '';
    switch (step.do) {
      case 'message': {
        const sent = await this.#talk.send(whom, step.prompt);
        const settled = () => this.#talk.end(sent) !== null || this.#talk.chat(whom).approvals.length > 0;
        return void (await watch.until(`an answer to ${sent.messageId}`, () => settled() || null));
      }
      case 'answer': {
        const [approvalId] = this.#talk.chat(whom).approvals;
        if (approvalId !== undefined) daemon.answer(whom, approvalId, step.decision);
        return void (await watch.until(`${whom} to come to rest`, () => !this.#talk.chat(whom).busy || null));
      }
      case 'helper':
        return void (await watch.of('the helper to end', daemon.runHelper(whom, `h${++this.#helpers} helper`)));
      case 'interrupt':
        return watch.of('the interrupt to be answered', daemon.interrupt(whom));
      case 'attach':
        daemon.attach(whom);
        return void (await watch.until(`${whom} to have a terminal`, () => {
          const { terminal, status } = this.#talk.chat(whom);
          return terminal === 'present' || status !== 'open' || null;
        }));
      case 'detach':
        return daemon.detach(whom);
      case 'close':
        await daemon.close(whom);
        return void (await watch.until(`${whom} to be closed`, () => log.includes(`chat.closed chat=${whom}`) || null));
      case 'tui-connect':
        this.#tuis.set(pairId, await LiveTui.connect(this.#talk.pair(pairId).port, `tui-${pairId}`));
        return void (await watch.until(`the TUI of ${pairId} to have its thread`, () => {
          return this.#talk.pair(pairId).slot?.readiness === 'ready' || null;
        }));
      case 'tui-disconnect':
        this.#tuis.get(pairId)?.leave();
        return void (await watch.until(
          `the seat of ${pairId} to be free`,
          () => !this.#talk.pair(pairId).slot || null,
        ));
      case 'restart':
        await this.#machine.halt();
        await this.#machine.boot();
        return this.#allLive();
      default:
        throw new RangeError(`a step of kind ${step.do} cannot be run on the real machine`);
    }
  }

  async #allLive(): Promise<void> {
    for (let index = 0; index < this.#scenario.pairs; index++) await this.#talk.live(pairName(this.#scenario, index));
  }
}
