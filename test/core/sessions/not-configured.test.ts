import { expect, it } from 'vitest';
import { NEVER_SEEN } from '../../../src/core/sessions/backend.ts';
import { NotConfigured } from '../../../src/core/sessions/backends/not-configured.ts';
import { simulatedDaemon } from '../simulated-daemon.ts';

const REASON = "Terminals of zellij are not configured; add zellij to the daemon's configuration.";
/** Longer than any pause of a daemon that tries to end a terminal. */
const LONG_MS = 120_000;

/** A daemon with one chat whose terminal is kept by zellij. */
async function bench() {
  const { simulation, daemon, pass, after } = await simulatedDaemon([{ backend: 'zellij' }]);
  const errors: string[] = [];
  const saw = simulation.book.saw.bind(simulation.book);
  simulation.book.saw = (event) => {
    if (event.type === 'message.failed') errors.push(event.error);
    saw(event);
  };
  const { config } = simulation;
  const { zellij: _, ...without } = config;
  /** Starts it anew, with zellij in its configuration or without. */
  const restart = async (zellij: boolean) => {
    simulation.config = zellij ? config : without;
    simulation.restart();
    await pass(15_000);
    simulation.daemon?.attach('c1');
  };
  const chatNow = () => simulation.status?.chats.find(({ chatId }) => chatId === 'c1');
  const worker = () =>
    [...simulation.machine.processes.values()].find(({ argv, alive }) => alive && argv[0] === 'worker');
  return { simulation, daemon, pass, after, restart, chatNow, worker, errors };
}

async function withTerminal() {
  const made = await bench();
  made.daemon().attach('c1');
  await made.pass(5_000);
  const worker = made.worker();
  if (!worker) throw new Error('no worker was started');
  await made.restart(false);
  return { ...made, pid: worker.pid };
}

it('a terminal whose backend was taken out of the configuration is left alone, and nothing is known of it', async () => {
  const { chatNow, simulation, worker, pass, pid } = await withTerminal();
  await pass(LONG_MS);
  expect(chatNow()).toMatchObject({ status: 'open', terminal: 'unknown', session: 'active' });
  expect([worker()?.pid, simulation.status?.phase, simulation.failedTasks]).toEqual([pid, 'running', []]);
});

it('its messages fail at once, with what to do; and reach it when it is configured again', async () => {
  const { daemon, after, restart, pass, simulation, errors, worker, pid } = await withTerminal();
  expect(await after(100, daemon().send('c1', 'm1', 'say hello'))).toEqual({ accepted: true });
  expect(errors).toEqual([`its terminal: ${REASON}`]);
  await restart(true);
  await after(100, daemon().send('c1', 'm2', 'say hello'));
  await pass(30_000);
  expect(simulation.durableMessages().get('m2')?.status).toBe('completed');
  expect(worker()?.pid).toBe(pid);
});

it('it is not shown or typed into, with the reason', async () => {
  const { daemon, after } = await withTerminal();
  const reason = `its terminal: ${REASON}`;
  expect(await after(100, daemon().wake('c1'))).toEqual({ ok: false, retry: false, reason });
  expect(await after(100, daemon().type('c1', 'i1', 'x'))).toEqual({ outcome: 'refused', reason });
  expect(await after(100, daemon().screen('c1'))).toBe(null);
});

it('a chat is closed when its backend is configured again, and its terminal ended then', async () => {
  const { daemon, after, restart, pass, worker, chatNow, simulation, pid } = await withTerminal();
  await after(100, daemon().close('c1'));
  await pass(LONG_MS);
  expect([worker()?.pid, chatNow()?.status]).toEqual([pid, 'closing']);
  await restart(true);
  await pass(LONG_MS);
  expect([worker(), chatNow()?.status, simulation.failedTasks]).toEqual([undefined, 'closed', []]);
});

it('a chat that never had a terminal is closed without its backend', async () => {
  const { daemon, after, restart, chatNow } = await bench();
  await restart(false);
  expect(chatNow()).toMatchObject({ status: 'open', terminal: 'unmade' });
  await after(1_000, daemon().close('c1'));
  expect(chatNow()?.status).toBe('closed');
});

it('a chat that never had a terminal gets its messages back with what to do, and none is asked for', async () => {
  const { daemon, after, restart, errors, chatNow } = await bench();
  await restart(false);
  await after(100, daemon().send('c1', 'm1', 'say hello'));
  expect([errors, chatNow()?.terminal]).toEqual([[REASON], 'unmade']);
  await after(1_000, daemon().close('c1'));
  expect(chatNow()?.status).toBe('closed');
});

it('a terminal that was adopted, and so never asked for, is unknown too', async () => {
  const pane = { pid: 7, startTicks: 1, bootId: 'b' };
  const seen = await new NotConfigured('herdr').probe('notes', { ...NEVER_SEEN, pane });
  expect(seen.verdict).toBe('unknown');
});
