import type { DaemonStatus } from '../core/index.ts';
import type { Pipes } from '../world/pipes.ts';
import type { Simulation } from './simulation.ts';

/** The daemon closed its end of a provider's stdin while the process lived. */
export interface HangUp {
  readonly pid: number;
  readonly lane: string;
  /** Those that somebody waits for. */
  readonly runningTurns: number;
}

/** Notes one. `before` is what the daemon said of itself before this step: who waited for what. */
export function noteHangUp({ proc, lane }: Pipes, simulation: Simulation, before: DaemonStatus | null): void {
  if (!proc?.alive || !simulation.incarnation?.alive) return;
  const { providers, book } = simulation;
  const isWanted = (id: string): boolean => {
    const chatId = book.messages.get(id)?.chatId;
    if (chatId) return before?.chats.some((chat) => chat.chatId === chatId && chat.busy) ?? false;
    // Of a process that did not answer, it may be the helper that gave it up.
    return book.helpers.has(id) && !providers.isDisturbed(proc);
  };
  simulation.hangUps.push({ pid: proc.pid, lane, runningTurns: providers.workOf(proc.pid).filter(isWanted).length });
}
