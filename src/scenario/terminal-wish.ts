import type { NewChat } from '../core/index.ts';
import type { ChatSetup } from './scenario.ts';

/** Which terminal a chat asks for when it is opened. */
export function terminalWish({ backend = 'tmux' }: ChatSetup): Pick<NewChat, 'backend' | 'adopt'> {
  return { backend };
}
