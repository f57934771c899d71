import type { ProcessIdentity } from '../../core/index.ts';
import type { Account } from './account.ts';
import { AGAIN, CHATS, type ChatId, ENDING, HELLO, HELPER, PAIRS, STORY } from './cast.ts';
import type { LiveMachine } from './machine.ts';
import { isAlive, processesOf, programOf } from './own-processes.ts';
import { Talk } from './talk.ts';
import type { SeenTerminal } from './tmux-view.ts';
import { passingPair, tuiVisit } from './tui-visit.ts';
import { expect, Unexpected } from './watch.ts';

/** The daemon's life on a real machine, from its first start to its clean end. */
export class Walkthrough {
  readonly #machine: LiveMachine;
  readonly #account: Account;
  readonly #talk: Talk;
  /** The conversation at the provider in which each chat's last message arrived. */
  readonly #threads = new Map<ChatId, { readonly lane: string; readonly length: number }>();
  #terminals: readonly SeenTerminal[] = [];

  constructor(machine: LiveMachine, account: Account) {
    this.#machine = machine;
    this.#account = account;
    this.#talk = new Talk(machine);
  }

  /** Throws at the first expectation that fails; the account has it then. */
  async run(): Promise<void> {
    const step: Account['step'] = (title, body) => this.#account.step(title, body);
    await step('Start the daemon and two pairs', (saw) => this.#start(saw));
    await step('Open two codex chats and a claude chat, and attach to them', (saw) => this.#open(saw));
    await step('One turn with streamed text in each', (saw) => this.#firstTurns(saw));
    await step('TUIs come to a pair, and another pair comes and goes', async (saw) => {
      await tuiVisit(this.#machine, this.#talk, saw);
      await passingPair(this.#machine, saw);
    });
    await step("A helper's model answers 401 while its parent's turn is streaming", (saw) => this.#helper(saw));
    await step('Kill the app-server of pair side with SIGKILL', (saw) => this.#killed(saw));
    await step('Restart the daemon on the same database', (saw) => this.#restart(saw));
    await step('Go on in all three chats', (saw) => this.#goOn(saw));
    await step('Close chat ann', (saw) => this.#close(saw));
    await step('Close the others, shut down, look for leftovers', (saw) => this.#end(saw));
  }

  async #start(saw: (text: string) => void): Promise<void> {
    const daemon = await this.#machine.boot();
    for (const pairId of PAIRS) await daemon.ensurePair(pairId);
    const pids: number[] = [];
    for (const pairId of PAIRS) {
      const pid = await this.#talk.live(pairId);
      pids.push(pid);
      saw(`pair ${pairId}: app-server live, pid ${pid}, running ${programOf(pid)}`);
    }
    expect(new Set(pids).size === PAIRS.length, 'an app-server of its own for each pair', pids);
  }

  async #open(saw: (text: string) => void): Promise<void> {
    const { daemon, windows, watch, tmux, workspace } = this.#machine;
    for (const chat of CHATS) {
      windows.open(chat.chatId);
      await daemon.openChat({ ...chat, cwd: workspace });
      daemon.attach(chat.chatId);
    }
    for (const { chatId } of CHATS) {
      await watch.until(
        `chat ${chatId} to have its terminal`,
        () => this.#talk.chat(chatId).terminal === 'present' || null,
      );
    }
    this.#terminals = await tmux.terminals();
    const names = CHATS.map(({ chatId }) => this.#talk.chat(chatId).terminalName).sort();
    expect(
      JSON.stringify(this.#terminals.map(({ name }) => name)) === JSON.stringify(names),
      `tmux to list exactly the terminals ${names.join(', ')}`,
      this.#terminals,
    );
    for (const { chatId } of CHATS) {
      const terminal = this.#terminalOf(chatId);
      expect(terminal.owner === 'reprise-live', 'the label reprise-live on the session', terminal);
      saw(`tmux has a session for ${chatId}: ${terminal.name}, pane process ${terminal.panePid} (${terminal.command})`);
    }
  }

  async #firstTurns(saw: (text: string) => void): Promise<void> {
    const sent = await Promise.all(CHATS.map(({ chatId }) => this.#talk.send(chatId, HELLO)));
    for (const message of sent) {
      const { deltas, ask } = await this.#talk.completed(message);
      expect(deltas.join('') === 'I am the scripted model.', 'the text of the model', deltas);
      expect(deltas.length > 1, 'the text to come in pieces', deltas);
      this.#threads.set(message.chatId as ChatId, ask);
      saw(`${message.chatId}: ${deltas.length} pieces of text, turn completed, in conversation ${ask.lane}`);
      await this.#onScreen(message.chatId, 'I am the scripted model.');
    }
    saw('each terminal shows its text on its screen');
  }

  async #helper(saw: (text: string) => void): Promise<void> {
    const { daemon, model, watch } = this.#machine;
    const before = this.#appServer('work');
    const story = await this.#talk.send('ann', STORY);
    await watch.of('the model to wait before the ending', model.pace.reached(ENDING));
    await watch.until(
      'the first half of the story',
      () => this.#talk.deltas(story).join('') === 'Once upon a time ' || null,
    );
    saw(`ann is told "${this.#talk.deltas(story).join('')}" and the model pauses`);
    const helper = await watch.of('the helper to end', daemon.runHelper('ann', HELPER));
    expect(!helper.ok, 'the helper to fail', helper);
    const { failure } = helper;
    expect(
      failure.class === 'unauthorized' && failure.httpStatus === 401,
      'a failure of class unauthorized, 401',
      failure,
    );
    saw(`its helper fails, ${failure.class}: ${failure.message}`);
    expect(
      this.#talk.end(story) === null && this.#talk.chat('ann').busy,
      "its parent's turn to go on",
      this.#talk.chat('ann'),
    );
    model.pace.release(ENDING);
    const { deltas, ask } = await this.#talk.completed(story);
    expect(deltas.join('') === 'Once upon a time it ended.', 'the whole story', deltas);
    this.#threads.set('ann', ask);
    saw('the model goes on: the turn of ann completes with the whole text');
    const after = this.#appServer('work');
    expect(JSON.stringify(after) === JSON.stringify(before), `still app-server ${JSON.stringify(before)}`, after);
    saw(`pair work still has app-server ${after.pid} (started at tick ${after.startTicks})`);
  }

  async #killed(saw: (text: string) => void): Promise<void> {
    const machine = this.#machine;
    const victim = this.#appServer('side');
    const bystander = this.#appServer('work');
    let atThatInstant: {
      readonly work: string;
      readonly ann: boolean;
      readonly cleo: boolean;
      readonly ben: string;
    } | null = null;
    let refused: ReturnType<typeof machine.daemon.send> | null = null;
    machine.onLog = (type, { pair, phase }) => {
      if (type !== 'pair.app-server' || pair !== 'side' || phase !== 'down') return;
      const ben = this.#talk.chat('ben').readiness;
      atThatInstant ??= {
        work: this.#talk.pair('work').appServer,
        ann: this.#talk.chat('ann').readiness.ready,
        cleo: this.#talk.chat('cleo').readiness.ready,
        ben: ben.ready ? 'ready' : `${ben.code}: ${ben.reason}`,
      };
      refused ??= machine.daemon.send('ben', 'too-early', AGAIN);
    };
    await machine.processes.signal(victim, 'SIGKILL', 'process');
    const seen = await machine.watch.until('the daemon to notice', () => atThatInstant);
    machine.onLog = null;
    expect(seen.work === 'live' && seen.ann && seen.cleo, 'the chats of pair work to stay ready', seen);
    expect(/^app-server-down: .*pair side/.test(seen.ben), 'ben not to be ready, because of pair side', seen);
    saw(`app-server ${victim.pid} killed; at that instant ann and cleo of pair work are ready`);
    saw(`ben is not: ${seen.ben}`);
    const answer = await refused!;
    expect(!answer.accepted, 'a message to ben to be refused at that instant', answer);
    const pid = await this.#talk.live('side');
    expect(pid !== victim.pid, 'another process', pid);
    saw(`pair side comes back with app-server ${pid}`);
    await this.#resumed('ben', saw);
    const after = this.#appServer('work');
    expect(JSON.stringify(after) === JSON.stringify(bystander), `pair work still on ${bystander.pid}`, after);
    saw(`pair work is still on app-server ${after.pid}`);
  }

  async #restart(saw: (text: string) => void): Promise<void> {
    const { watch, tmux, children } = this.#machine;
    await this.#machine.halt();
    const alive = children.filter(({ identity }) => isAlive(identity));
    expect(alive.length === 0, 'every provider process to be gone after the shutdown', alive);
    saw(`shut down: all ${children.length} provider processes so far are gone`);
    const meanwhile = await tmux.terminals();
    expect(JSON.stringify(meanwhile) === JSON.stringify(this.#terminals), 'the terminals to stay', meanwhile);
    saw('no daemon runs, and tmux has the same sessions');
    const daemon = await this.#machine.boot();
    for (const { chatId } of CHATS) {
      const { status, terminal } = this.#talk.chat(chatId);
      expect(status === 'open' && terminal === 'present', `chat ${chatId} to be open with its terminal`, {
        status,
        terminal,
      });
      daemon.attach(chatId);
    }
    for (const pairId of PAIRS) saw(`pair ${pairId}: app-server live, pid ${await this.#talk.live(pairId)}`);
    await watch.until(
      'front ends to be attached again',
      () => CHATS.every(({ chatId }) => this.#talk.chat(chatId).attached) || null,
    );
    const after = await tmux.terminals();
    expect(JSON.stringify(after) === JSON.stringify(this.#terminals), 'the same sessions and pane processes', after);
    for (const { chatId } of CHATS)
      saw(
        `${chatId} is attached again to ${this.#terminalOf(chatId).name}, pane process ${this.#terminalOf(chatId).panePid}`,
      );
  }

  async #goOn(saw: (text: string) => void): Promise<void> {
    for (const { chatId } of CHATS) await this.#resumed(chatId, saw);
    for (const { chatId } of CHATS) await this.#onScreen(chatId, 'We left off right here.');
    saw('each terminal shows it on its screen');
  }

  async #close(saw: (text: string) => void): Promise<void> {
    const { daemon, tmux } = this.#machine;
    const { name } = this.#terminalOf('ann');
    await daemon.close('ann');
    await this.#closed('ann');
    const complaint = await tmux.complaint(name);
    expect(complaint === `can't find session: ${name}`, 'tmux not to find the session', complaint || 'it is there');
    saw(`tmux: ${complaint}`);
    const others = this.#terminals.filter((terminal) => terminal.name !== name);
    const left = await tmux.terminals();
    expect(JSON.stringify(left) === JSON.stringify(others), 'the other sessions to stay', left);
    saw(`the sessions of the others are there: ${left.map((terminal) => terminal.name).join(', ')}`);
  }

  async #end(saw: (text: string) => void): Promise<void> {
    const machine = this.#machine;
    for (const chatId of ['ben', 'cleo'] as const) {
      await machine.daemon.close(chatId);
      await this.#closed(chatId);
    }
    const left = await machine.tmux.terminals();
    expect(left.length === 0, 'no tmux session', left);
    await machine.halt();
    const armed = [...machine.timers.values()];
    expect(armed.length === 0, 'no timer of the daemon to be armed after its shutdown', armed);
    saw('tmux has no sessions and its server has ended; the daemon has shut down and left no timer');
    const leftovers = await machine.watch.until('no process of this run to be left', () => {
      const found = processesOf(machine.folder);
      return found.length === 0 ? found : null;
    });
    const alive = machine.children.filter(({ identity }) => isAlive(identity));
    expect(leftovers.length === 0 && alive.length === 0, 'no process of this run to be left', alive);
    saw(
      `none of the ${machine.children.length} provider processes and ${this.#terminals.length} terminals has left a process`,
    );
    const problems = machine.model.problems();
    expect(problems.length === 0, 'the model to have had an answer to every request', problems);
    saw(`the model answered ${machine.model.asks.length} requests, all by its script`);
  }

  /** Says something in a chat and makes sure that it arrives in the conversation it had before, with what was said there. */
  async #resumed(chatId: ChatId, saw: (text: string) => void): Promise<void> {
    const before = this.#threads.get(chatId)!;
    const { deltas, ask } = await this.#talk.say(chatId, AGAIN);
    expect(deltas.join('') === 'We left off right here.', 'the text of the model', deltas);
    expect(ask.lane === before.lane, `conversation ${before.lane}`, ask.lane);
    expect(ask.length > before.length, `more than the ${before.length} entries it had`, ask.length);
    this.#threads.set(chatId, ask);
    saw(
      `${chatId} goes on in conversation ${ask.lane}: the model is shown ${ask.length} entries, ${before.length} before`,
    );
  }

  async #closed(chatId: string): Promise<void> {
    const { watch, log } = this.#machine;
    await watch.until(`chat ${chatId} to be closed`, () => log.includes(`chat.closed chat=${chatId}`) || null);
  }

  /** A terminal's program follows its file a moment later. */
  async #onScreen(chatId: string, text: string): Promise<void> {
    const { watch, tmux } = this.#machine;
    const { name } = this.#terminalOf(chatId);
    await watch.until(
      `"${text}" on the screen of ${name}`,
      async () => (await tmux.screen(name)).includes(text) || null,
    );
  }

  #terminalOf(chatId: string): SeenTerminal {
    const name = this.#talk.chat(chatId).terminalName;
    const terminal = this.#terminals.find((each) => each.name === name);
    if (!terminal) throw new Unexpected(`tmux to have ${name}`, JSON.stringify(this.#terminals));
    return terminal;
  }

  /** The process of a pair's app-server, from the process table. */
  #appServer(pairId: string): ProcessIdentity {
    const pid = this.#talk.pair(pairId).appServerPid;
    const child = this.#machine.children.findLast(({ identity }) => identity.pid === pid);
    expect(child !== undefined && isAlive(child.identity), `a running app-server for pair ${pairId}`, { pid });
    return child.identity;
  }
}
