import { expect, it } from 'vitest';
import { simulatedDaemon } from '../simulated-daemon.ts';

/** A daemon with two chats at work in their terminals, on a disk that may be full. */
async function bench() {
  const { simulation, pass, ...made } = await simulatedDaemon([{}, {}]);
  const daemon = made.daemon();
  daemon.attach('c1');
  daemon.attach('c2');
  await pass(5_000);
  let answers = 0;
  const send = (chatId: string, messageId: string) =>
    void daemon.send(chatId, messageId, 'say hello').then(() => {
      answers++;
    });
  const disk = simulation.machine.files;
  const told = () => simulation.book.notices.filter(({ code }) => code === 'disk-full').map(({ chatId }) => chatId);
  return { simulation, daemon, pass, send, disk, told, answers: () => answers };
}

it('tells a chat whose message waits for room, once, and what to do', async () => {
  const { simulation, pass, send, disk, told, answers } = await bench();
  disk.full = true;
  send('c1', 'm1');
  send('c1', 'm2');
  await pass(30_000);
  expect([told(), answers()]).toEqual([['c1'], 0]);
  expect(simulation.book.notices.at(-1)?.text).toBe(
    "The disk with the machine's database is full: a message of this chat waits. Make room there; it goes on by itself.",
  );
  disk.full = false;
  await pass(30_000);
  const stored = [...simulation.durableMessages().values()].map(({ status }) => status);
  expect([told(), answers(), stored]).toEqual([['c1'], 2, ['completed', 'completed']]);
});

it('tells each chat when its own message comes to wait', async () => {
  const { pass, send, disk, told } = await bench();
  disk.full = true;
  send('c1', 'm1');
  await pass(5_000);
  expect(told()).toEqual(['c1']);
  send('c2', 'm2');
  await pass(5_000);
  expect(told()).toEqual(['c1', 'c2']);
});

it('tells it again when the disk is full another time', async () => {
  const { pass, send, disk, told } = await bench();
  for (const messageId of ['m1', 'm2']) {
    disk.full = true;
    send('c1', messageId);
    await pass(5_000);
    disk.full = false;
    await pass(30_000);
  }
  expect(told()).toEqual(['c1', 'c1']);
});

it('tells a chat whose turn has ended and cannot be written down, and nobody while a turn runs', async () => {
  const { simulation, pass, send, disk, told } = await bench();
  send('c1', 'm1');
  const busy = () => simulation.status?.chats[0]?.busy === true;
  while (!busy()) await pass(1);
  await pass(1);
  disk.full = true;
  expect([busy(), told()]).toEqual([true, []]);
  await pass(30_000);
  expect([busy(), told()]).toEqual([false, ['c1']]);
});

it('says nothing to chats without messages, whatever else has to be written', async () => {
  const { daemon, pass, disk, told } = await bench();
  disk.full = true;
  void daemon.suspend('c1');
  await pass(30_000);
  expect(told()).toEqual([]);
});

it('keeps it for a front end that comes later', async () => {
  const { daemon, pass, send, disk, told } = await bench();
  daemon.detach('c1');
  disk.full = true;
  send('c1', 'm1');
  await pass(5_000);
  expect(told()).toEqual([]);
  daemon.attach('c1');
  expect(told()).toEqual(['c1']);
});
