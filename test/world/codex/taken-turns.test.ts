import { describe, expect, it } from 'vitest';
import { Wire } from './wire.ts';

const text = (words: string) => ({
  when: { user: { includes: words } },
  reply: [{ do: 'text' as const, chunks: ['Hm.'] }],
});
const script = { rules: [text('mine'), text('theirs')] };

/** Somebody else begins a turn just before the first one that is asked for. */
function taken(stub: boolean) {
  let left = 1;
  const wire = new Wire({ script, faults: { turnTaken: () => (left-- > 0 ? { words: 'theirs', stub } : null) } });
  const server = wire.server();
  server.initialize();
  const threadId = server.startThread();
  const from = server.frames.length;
  const told = server.startTurn(threadId, 'mine');
  wire.run(1_000);
  const ids = (method: string) =>
    server.frames.flatMap((frame) => (frame.method === method ? [(frame.params!.turn as { id: string }).id] : []));
  return { server, from, told, started: ids('turn/started'), completed: ids('turn/completed') };
}

describe('a turn that is asked for while another runs', () => {
  it('is told of that one, which takes its words (measured with 0.169.0)', () => {
    const { server, from, told, started, completed } = taken(false);
    expect(started).toEqual([told]);
    expect(completed).toEqual([told]);
    expect(server.said(from).slice(0, 3)).toEqual(['status active', 'turn/started', 'response']);
    expect(server.truth.deliveries.map(({ words, how }) => [words, how])).toEqual([
      ['theirs', 'start'],
      ['mine', 'steer'],
    ]);
  });

  it('is told of one that never starts by codex 0.142.5 (facts/pairs-and-shared-client.md O30)', () => {
    const { told, started, completed } = taken(true);
    expect(started).toHaveLength(1);
    expect(completed).toEqual(started);
    expect(started).not.toContain(told);
  });
});
