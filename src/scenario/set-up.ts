import type { PairError } from '../core/index.ts';
import { cwdOf, isExclusive } from './locks-truth.ts';
import { chatName, pairName } from './scenario.ts';
import type { Simulation } from './simulation.ts';
import { terminalWish } from './terminal-wish.ts';

/** Makes the pairs and chats of the scenario. Resolves when the daemon has them. */
export async function setUp(simulation: Simulation): Promise<void> {
  const { daemon, scenario } = simulation;
  if (!daemon) throw new Error('the daemon did not start');
  // At once, as a front end would: each waits for its own app-server.
  const pairs = Array.from({ length: scenario.pairs }, (_, index) => daemon.ensurePair(pairName(scenario, index)));
  for (const made of await Promise.all(pairs)) required(made);
  const chats = scenario.chats.map((setup, index) => {
    const { provider, pair, home } = setup;
    const pairId = home === 'any' ? null : pairName(scenario, pair);
    return daemon.openChat({
      chatId: chatName(scenario, index),
      provider,
      pairId,
      cwd: cwdOf(setup),
      exclusive: isExclusive(setup),
      ...terminalWish(setup, chatName(scenario, index)),
    });
  });
  for (const opened of await Promise.all(chats)) required(opened);
  scenario.chats.forEach((setup, index) => {
    if (setup.seat === 'taken') takeSeat(simulation, chatName(scenario, index), pairName(scenario, setup.pair));
  });
}

/** Before the scenario begins, a TUI comes to the pair unless one is there, and then a front end to the chat. */
function takeSeat(simulation: Simulation, chatId: string, pairId: string): void {
  const { book, tuis, kernel } = simulation;
  const port = simulation.daemon?.status().pairs.find((pair) => pair.pairId === pairId)?.port;
  if (port === undefined) throw new Error(`set-up: no pair ${pairId}`);
  book.ports.set(pairId, port);
  if (!tuis.last(pairId)) tuis.start(pairId, port, `tui-${pairId}`);
  kernel.schedule(500, () => {
    book.attached.add(chatId);
    simulation.daemon?.attach(chatId);
  });
}

function required(answer: { readonly ok: true } | PairError): void {
  if (!answer.ok) throw new Error(`set-up: ${answer.code}: ${answer.message}`);
}
