import type { NewChat } from '../core/index.ts';
import { type ChatSetup, chatName, type Scenario } from './scenario.ts';

/** What a chat's user calls the tmux session that the chat is to work beside. */
function adoptedName(chatId: string): string {
  return `notes-${chatId}`;
}

/** Which terminal a chat asks for when it is opened. */
export function terminalWish(setup: ChatSetup, chatId: string): Pick<NewChat, 'backend' | 'adopt'> {
  if (setup.adopts === 'tmux') return { adopt: { backend: 'tmux', target: adoptedName(chatId) } };
  return { backend: setup.backend ?? 'tmux' };
}

/** The tmux commands with which users open the terminals that chats are to adopt. */
export function adoptedTerminals(scenario: Scenario): string[][] {
  return scenario.chats.flatMap(({ adopts }, index) => {
    const chatId = chatName(scenario, index);
    if (adopts !== 'tmux') return [];
    return [['new-session', '-d', '-s', adoptedName(chatId), '--', 'worker', 'notes', chatId]];
  });
}

/**
 * Without an answer from tmux there is no evidence about this chat's terminal. About those in zellij and herdr the
 * process table says what there is, and of an adopted one the process is known.
 */
export function asksTmuxAlone({ backend = 'tmux', adopts = 'nothing' }: ChatSetup): boolean {
  return backend === 'tmux' && adopts === 'nothing';
}
