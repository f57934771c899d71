import { expect, it } from 'vitest';
import { simulatedDaemon } from '../simulated-daemon.ts';

/** From the request for a session to its first pane in the simulated zellij, ms. */
const BEFORE_THE_PANE_MS = 60;

/**
 * A daemon that died after it had asked zellij for a terminal and before it saw anything of it, as the next one finds
 * it: the program has ended, and zellij still shows its pane.
 */
async function bench() {
  const { simulation, daemon, pass, after } = await simulatedDaemon([{ backend: 'zellij' }]);
  const { terminals, machine } = simulation;
  const { world } = terminals.zellij;
  daemon().attach('c1');
  while (world.live().length === 0) await pass(1);
  await pass(BEFORE_THE_PANE_MS);
  simulation.crash();
  await pass(1_000);
  const [session] = world.live();
  const [pane] = session?.panes ?? [];
  if (!session || !pane?.proc) throw new Error('zellij has not started the program');
  expect(simulation.durableChats()[0]).toMatchObject({ hadTerminal: false, status: 'open' });
  session.panes.push({ ...pane });
  machine.kill(0, pane.proc.pid, 'SIGKILL');
  await pass(1_000);
  expect([world.live(), session.panes.map(({ proc }) => proc?.alive)]).toEqual([[session], [false]]);
  const chatNow = () => simulation.status?.chats[0];
  const workers = () => [...machine.processes.values()].filter(({ alive, argv }) => alive && argv[0] === 'worker');
  const boot = async () => {
    simulation.boot();
    await pass(15_000);
  };
  return { simulation, daemon, pass, after, session, world, chatNow, workers, boot };
}

it('restore removes a held pane whose program nobody saw, keeps its chat, and the next message makes another', async () => {
  const { simulation, daemon, pass, after, session, world, chatNow, workers, boot } = await bench();
  await boot();
  expect(chatNow()).toMatchObject({ status: 'open', terminal: 'absent', session: 'active' });
  expect([world.live(), session.server?.alive]).toEqual([[], false]);
  await after(100, daemon().send('c1', 'm1', 'say hello'));
  await pass(30_000);
  expect(simulation.durableMessages().get('m1')?.status).toBe('completed');
  expect([world.live().length, workers().length, chatNow()?.terminal]).toEqual([1, 1, 'present']);
});

it('nothing is concluded of a held pane while zellij does not say what it shows; a closed chat is over when it does', async () => {
  const { simulation, daemon, pass, after, session, world, chatNow, boot } = await bench();
  const { terminals } = simulation;
  terminals.zellij.signal(session, 'SIGSTOP');
  await boot();
  expect(chatNow()).toMatchObject({ status: 'open', terminal: 'unknown' });
  await after(100, daemon().close('c1'));
  await pass(60_000);
  expect([world.live().length, chatNow()?.status]).toEqual([1, 'closing']);
  terminals.zellij.signal(session, 'SIGCONT');
  await pass(60_000);
  expect([world.live(), chatNow()?.status, simulation.failedTasks]).toEqual([[], 'closed', []]);
});

it('a held pane whose session its user works in is left to its user, and the chat gets a terminal elsewhere', async () => {
  const { simulation, daemon, pass, after, session, world, chatNow, boot } = await bench();
  simulation.terminals.zellij.act(session.name, 'beside');
  await pass(1_000);
  await boot();
  expect(chatNow()?.status).toBe('open');
  expect(session.server?.alive).toBe(true);
  await after(100, daemon().send('c1', 'm1', 'say hello'));
  await pass(30_000);
  expect(simulation.durableMessages().get('m1')?.status).toBe('completed');
  expect([world.live().length, chatNow()?.terminalName === session.name]).toEqual([2, false]);
  await after(100, daemon().close('c1'));
  await pass(30_000);
  expect([world.live(), chatNow()?.status]).toEqual([[session], 'closed']);
});
