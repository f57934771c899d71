import type { Chat } from '../chats/chat.ts';
import type { DaemonTimers } from '../config.ts';
import { whileLocked } from '../locks/chat-lock.ts';
import type { Clock, Ids, Log, Processes, ProcessIdentity } from '../ports.ts';
import { missing, type Probe, unknown } from '../probe/probe.ts';
import { isAlive, sameProcess } from '../process-identity.ts';
import { TimerGroup } from '../timer-group.ts';
import type { BackendKind, Change, Terminal, TerminalBackend } from './backend.ts';
import { NotConfigured, notConfigured } from './backends/not-configured.ts';
import type { SessionsConfig } from './config.ts';
import { endProcess } from './end-process.ts';
import { findLaunched } from './process-table.ts';
import type { SessionState, SessionStore } from './session-store.ts';

export interface TerminalsOptions {
  readonly backends: ReadonlyMap<BackendKind, TerminalBackend>;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly processes: Processes;
  readonly log: Log;
  readonly timers: DaemonTimers;
  readonly sessions: SessionsConfig;
  readonly owner: string;
  readonly worker: readonly string[];
  /** Called when a terminal has been made for a chat. */
  readonly onMade: (chat: Chat) => void;
  /** Called when a chat's adopted terminal is proven gone; it gets one of its own when it needs one. */
  readonly onLost: (chat: Chat) => void;
}

/** Whether a chat's terminal could be brought up; if not, why, for people. */
export type Recovery = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * The terminals of chats: finds them again, makes them, ends them. Only positive evidence of absence lets it conclude
 * that a terminal is gone, and only a user's wish lets it end one that lives. Callers serialise per chat.
 */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #pauses: TimerGroup;
  /** How often in a row an adopted terminal was said to be missing, by chat. */
  readonly #misses = new Map<string, number>();

  constructor(options: TerminalsOptions) {
    this.#options = options;
    this.#pauses = new TimerGroup(options.clock);
  }

  /** Gives up all waiting; nothing is ended. */
  stop(): void {
    this.#pauses.stop();
  }

  get stopped(): boolean {
    return this.#pauses.stopped;
  }

  /** The backend that keeps this chat's terminal: the one in its session, whatever is configured now (facts A3 19). */
  backendOf({ session: { backend } }: Chat): TerminalBackend {
    return this.#options.backends.get(backend) ?? new NotConfigured(backend);
  }

  /** False: nothing can be learned or done about its terminal as long as this daemon runs. */
  isConfigured({ session: { backend } }: Chat): boolean {
    return this.#options.backends.has(backend);
  }

  /** Asks about a chat's terminal and changes nothing. */
  ask(chat: Chat): Promise<Probe<Terminal>> {
    const { terminalName, seen, adopted } = chat.session;
    return adopted ? this.#askAdopted(chat) : this.backendOf(chat).probe(terminalName, seen);
  }

  /** One look at a chat's terminal; notes what it saw. */
  async look(chat: Chat): Promise<Probe<Terminal>> {
    const seen = await this.ask(chat);
    this.#options.log.event('terminal.probe', { chat: chat.chatId, verdict: seen.verdict, evidence: seen.evidence });
    if (seen.verdict === 'exists') await this.#found(chat, seen.found);
    else if (chat.terminal !== 'unmade') chat.terminal = seen.verdict === 'missing' ? 'absent' : 'unknown';
    return seen;
  }

  /** Makes sure that the chat has a terminal with a worker in it: finds it, or makes it when it is proven absent. */
  async recover(chat: Chat): Promise<Recovery> {
    let recovery: Recovery | null = null;
    const refused = await whileLocked(chat.lock, async () => {
      recovery = await this.#recover(chat);
    });
    return recovery ?? { ok: false, reason: refused ?? 'it was not looked for' };
  }

  async #recover(chat: Chat): Promise<Recovery> {
    chat.usedAt = this.#options.clock.monotonic();
    if (chat.terminal === 'present' && chat.session.state === 'active') return { ok: true };
    const { timers } = this.#options;
    let reason = 'the daemon is shutting down';
    for (const pause of [0, ...timers.recoverPausesMs]) {
      if (pause > 0) await this.#pauses.sleep(pause, `recover ${chat.chatId}`);
      const { stopped } = this.#pauses;
      if (stopped || !chat.open) return { ok: false, reason: stopped ? reason : 'the chat was closed' };
      const attempt = await this.#attempt(chat);
      if (attempt.ok) return attempt;
      reason = attempt.reason;
      if (!attempt.again) break;
    }
    return { ok: false, reason };
  }

  /**
   * Ends a chat's terminal because its user closed the chat; resolves when it is proven gone, however long that takes.
   * False when the daemon stops first. An adopted terminal is its user's and stays.
   */
  async end(chat: Chat): Promise<boolean> {
    if (chat.session.adopted) return true;
    const { timers } = this.#options;
    for (let pause = timers.restartMinMs; ; pause = Math.min(pause * 2, timers.restartMaxMs)) {
      if (this.#pauses.stopped) return false;
      const ended = await this.endOnce(chat);
      if (ended === 'gone') return true;
      // Asked to is not done: the next look decides.
      await this.#pauses.sleep(ended === 'asked' ? 1 : pause, `end ${chat.chatId}`);
    }
  }

  /** One attempt to end a chat's own terminal. `asked`: the backend was told, and the next look tells what came of it. */
  async endOnce(chat: Chat): Promise<'gone' | 'asked' | 'unknown'> {
    const seen = await this.look(chat);
    if (seen.verdict === 'missing') return (await this.endStray(seen)) ? 'gone' : 'unknown';
    if (seen.verdict === 'unknown') return 'unknown';
    if (seen.found.owner !== this.#options.owner) {
      this.#options.log.event('terminal.not-ours', { chat: chat.chatId, owner: seen.found.owner });
      return 'gone';
    }
    return (await this.#kill(chat, seen.found)) ? 'asked' : 'unknown';
  }

  /**
   * Ends the worker that is proven to have outlived its terminal by ignoring SIGHUP: nobody can reach it any more, and
   * another must not run beside it (facts C S10). By identity. True when it is gone, or when there was none.
   */
  async endStray({ stray }: { readonly stray: ProcessIdentity | null }): Promise<boolean> {
    if (!stray) return true;
    const { processes, log, sessions } = this.#options;
    return endProcess(stray, { processes, log, timers: this.#pauses, graceMs: sessions.killGraceMs });
  }

  /** Removes the terminal of a worker that has ended, and looks what is there then. */
  async clear(chat: Chat, terminal: Terminal): Promise<Probe<Terminal>> {
    if (await this.#kill(chat, terminal)) return this.look(chat);
    // Worth another look: it may have gone in this instant, and nobody would notice.
    chat.terminal = 'unknown';
    return unknown('its worker has ended, and its terminal cannot be removed');
  }

  async setState(chat: Chat, state: SessionState): Promise<void> {
    if (chat.session.state === state) return;
    chat.session = { ...chat.session, state };
    this.#options.log.event('session.state', { chat: chat.chatId, state });
    await this.#options.store.setState(chat.session.sessionId, state);
  }

  /** An adopted terminal is proven gone: from now on the chat has one of its own, made when it is needed. */
  async disown(chat: Chat): Promise<void> {
    const terminalName = ownTerminalName(this.#options.ids);
    chat.session = { ...chat.session, adopted: false, terminalName, seen: { pane: null, server: null, launch: null } };
    chat.terminal = 'unmade';
    await this.#options.store.disown(chat.session.sessionId, terminalName);
    this.#options.onLost(chat);
  }

  async #kill(chat: Chat, terminal: Terminal): Promise<boolean> {
    const killed = await this.backendOf(chat).kill(terminal);
    this.#options.log.event('terminal.kill', { chat: chat.chatId, outcome: killed.outcome });
    return killed.outcome === 'done';
  }

  async #attempt(chat: Chat): Promise<Recovery & { readonly again?: boolean }> {
    const seen = await this.#lookPastEnded(chat);
    const again = this.isConfigured(chat);
    if (seen.verdict === 'unknown') return { ok: false, reason: `its terminal: ${seen.evidence}`, again };
    // Only now, when the server has answered: a late kill from its suspension has happened or never will.
    await this.setState(chat, 'active');
    if (seen.verdict === 'exists') {
      if (chat.session.adopted || seen.found.owner === this.#options.owner) return { ok: true };
      await this.#rename(chat);
    } else if (chat.session.adopted) await this.disown(chat);
    else if (!(await this.endStray(seen)))
      return { ok: false, reason: 'its worker outlived its terminal and does not end', again: true };
    return this.#make(chat);
  }

  /** One look; a terminal of ours whose worker has ended is removed first. */
  async #lookPastEnded(chat: Chat): Promise<Probe<Terminal>> {
    const seen = await this.look(chat);
    if (seen.verdict !== 'exists' || !seen.found.end || chat.session.adopted) return seen;
    return seen.found.owner === this.#options.owner ? this.clear(chat, seen.found) : seen;
  }

  async #make(chat: Chat): Promise<Recovery & { readonly again?: boolean }> {
    // None is asked for, so that nobody has to wait for it later.
    if (!this.isConfigured(chat)) return { ok: false, reason: notConfigured(chat.session.backend) };
    const before = chat.session.seen.launch;
    let made = await this.#create(chat);
    if (isTaken(made)) {
      // The last making may have come true only now: then it is ours that has the name.
      const late = before === null ? null : await findLaunched(this.#options.processes, before);
      if (late !== null && late.kind !== 'none') {
        await this.#beginLaunch(chat, before!);
        return { ok: false, reason: 'it is being made', again: true };
      }
      await this.#rename(chat);
      made = await this.#create(chat);
    }
    // It may still come.
    if (made.outcome === 'uncertain') chat.terminal = 'unknown';
    if (made.outcome !== 'done') return { ok: false, reason: made.reason, again: true };
    await this.#found(chat, made.value);
    this.#options.onMade(chat);
    return { ok: true };
  }

  async #create(chat: Chat): Promise<Change<Terminal>> {
    const { ids, worker } = this.#options;
    const launch = ids.next('launch');
    await this.#beginLaunch(chat, launch);
    const name = chat.session.terminalName;
    const argv = [...worker, chat.chatId];
    const env = chat.lock?.environment ?? {};
    return this.backendOf(chat).create({ name, launch, argv, cwd: chat.cwd, env });
  }

  async #beginLaunch(chat: Chat, launch: string): Promise<void> {
    await this.#options.store.beginLaunch(chat.session.sessionId, launch);
    chat.session = { ...chat.session, seen: { pane: null, server: null, launch } };
  }

  /** Somebody else has the name of the terminal that is to be made, for as long as they like. */
  async #rename(chat: Chat): Promise<void> {
    const terminalName = ownTerminalName(this.#options.ids);
    this.#options.log.event('terminal.renamed', { chat: chat.chatId, name: terminalName });
    await this.#options.store.rename(chat.session.sessionId, terminalName);
    chat.session = { ...chat.session, terminalName };
  }

  async #found(chat: Chat, terminal: Terminal): Promise<void> {
    const { processes, store, owner } = this.#options;
    if (!chat.session.adopted && terminal.owner !== owner) return;
    chat.terminal = terminal.end ? 'absent' : 'present';
    const { seen } = chat.session;
    // Asked again each time: a pane process of the same pid may be another one.
    const pane = terminal.end ? null : await this.#identify(terminal.panePid);
    if (!pane || (seen.pane && sameProcess(seen.pane, pane) && seen.server?.pid === terminal.serverPid)) return;
    const keeper = terminal.serverPid === null ? null : await processes.inspect(terminal.serverPid);
    const server = keeper?.kind === 'alive' ? keeper.identity : null;
    const next = { ...seen, pane, server };
    chat.session = { ...chat.session, seen: next };
    await store.setSeen(chat.session.sessionId, next);
  }

  async #identify(pid: number): Promise<ProcessIdentity | null> {
    const process = await this.#options.processes.inspect(pid);
    return process.kind === 'alive' ? process.identity : null;
  }

  /**
   * An adopted terminal is there as long as the process that was adopted runs. Where that cannot be known, several looks
   * in a row have to agree that it is gone (facts A3 8: a single miss proves nothing).
   */
  async #askAdopted(chat: Chat): Promise<Probe<Terminal>> {
    const { terminalName, seen } = chat.session;
    const process = seen.pane ? await this.#options.processes.inspect(seen.pane.pid) : null;
    if (seen.pane && process && process.kind !== 'unknown' && !isAlive(seen.pane, process))
      return missing(`its process ${seen.pane.pid} is gone`);
    const probe = await this.backendOf(chat).probe(terminalName, seen);
    const misses = probe.verdict === 'missing' ? (this.#misses.get(chat.chatId) ?? 0) + 1 : 0;
    this.#misses.set(chat.chatId, misses);
    if (probe.verdict === 'missing') {
      const proven = process?.kind !== 'alive' && misses >= this.#options.sessions.missesUntilGone;
      return proven ? probe : unknown(`${probe.evidence}; look ${misses} that says so`);
    }
    if (probe.verdict === 'exists' && probe.found.panePid !== seen.pane?.pid)
      return unknown(`another process runs in it: ${probe.found.panePid}`);
    return probe;
  }
}

function isTaken(made: Change<Terminal>): boolean {
  return made.outcome === 'refused' && made.nameTaken === true;
}

/** A name for a terminal of ours that no backend rewrites. */
export function ownTerminalName(ids: Ids): string {
  return `rp-${ids.next('term').replaceAll('_', '-')}`;
}
