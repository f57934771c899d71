import { createServer } from 'node:net';
import type { LiveMachine } from './machine.ts';
import type { Talk } from './talk.ts';
import { LiveTui } from './tui.ts';
import { expect } from './watch.ts';

/** TUIs at the real port of pair side, and a chat that sits there for a while. */
export async function tuiVisit(machine: LiveMachine, talk: Talk, saw: (text: string) => void): Promise<void> {
  const { daemon, watch } = machine;
  const { port } = talk.pair('side');
  const first = await LiveTui.connect(port, 'one');
  await watch.until('the TUI to have its thread', () => talk.pair('side').slot?.readiness === 'ready' || null);
  saw(`a TUI connects to 127.0.0.1:${port} and gets a thread of pair side`);
  const claim = daemon.attach('ben', 'side');
  expect(claim.ok && claim.paired && talk.chat('ben').paired, 'ben to get the seat', claim);
  saw('ben sits at that TUI');
  const second = await LiveTui.connect(port, 'two');
  await watch.until('the second TUI to be sent away', () => second.closed || null);
  const refusal = second.frames.at(-1);
  expect(refusal?.type === 'refused' && refusal.code === 4_002, 'a second TUI to be refused with 4002', second.frames);
  expect(
    first.frames.some(({ type }) => type === 'ping') && !first.closed,
    'the first to be asked, and to stay',
    first.frames,
  );
  saw('a second TUI is refused with 4002, after the first has answered a ping');
  const again = await LiveTui.connect(port, 'one');
  await watch.until('the first connection to be replaced', () => first.closed || null);
  expect(first.frames.at(-1)?.code === 4_001 && talk.chat('ben').paired, 'ben to keep the seat', first.frames);
  saw('the first connects again: its old connection is closed with 4001, and ben keeps the seat');
  again.leave();
  await watch.until('the seat to be gone', () => talk.pair('side').slot === null || null);
  expect(!talk.chat('ben').paired && talk.chat('ben').readiness.ready, 'ben to go on alone', talk.chat('ben'));
  saw('the TUI says good-bye: ben goes on in a thread of his own');
}

/** A pair that comes while another program holds the next port, and goes again. */
export async function passingPair(machine: LiveMachine, saw: (text: string) => void): Promise<void> {
  const { daemon, watch } = machine;
  const taken = Math.max(...daemon.status().pairs.map(({ port }) => port)) + 10;
  const holder = createServer();
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.listen(taken, '127.0.0.1', () => resolve());
  });
  try {
    const made = await watch.of('pair spare to start', daemon.ensurePair('spare'));
    expect(made.ok && made.port === taken + 10, `pair spare on port ${taken + 10}`, made);
    saw(`port ${taken} is taken: pair spare gets ${taken + 10}`);
    const gone = await watch.of('pair spare to be destroyed', daemon.destroyPair('spare', { forget: true }));
    expect(gone.ok, 'pair spare to be destroyed', gone);
    const refused = await LiveTui.connect(taken + 10, 'late').then(
      () => false,
      () => true,
    );
    expect(refused, `nobody to listen on port ${taken + 10}`, 'somebody does');
    saw('it is destroyed and forgotten: its app-server has ended and its port is free');
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
}
