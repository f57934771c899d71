import type { Json } from '../../src/transcript/format.ts';
import type { SealOptions } from '../../src/transcript/seal.ts';
import { codexOptions, Recording, uuid } from './recording.ts';
import { sealed } from './sealed.ts';

/** What one run of codex makes of two turns; `run` changes all ids and times. */
export function codexParts(run: number) {
  const [thread, turn, turn2, item] = [1, 2, 3, 4].map((n) => uuid(run * 100 + n)) as [string, string, string, string];
  const at = 1_795_000_000_000 + run * 1000;
  const note = (method: string, params: Json): Json => ({ method, params, emittedAtMs: at });
  return {
    initialize: { id: 1, method: 'initialize', params: { clientInfo: { name: 'rec' } } },
    initialized: { method: 'initialized' },
    welcome: {
      id: 1,
      result: { userAgent: `rec/0.1.0 (Linux ${run}; x86_64) unknown (rec; 0)`, codexHome: `/tmp/run${run}/home` },
    },
    status: note('remoteControl/status/changed', { serverName: `host${run}`, installationId: uuid(run * 100 + 9, 4) }),
    threadStart: { id: 2, method: 'thread/start', params: { cwd: `/tmp/run${run}/ws` } },
    thread: {
      id: 2,
      result: {
        thread: {
          id: thread,
          sessionId: thread,
          path: `/tmp/run${run}/home/sessions/2026/11/2${run}/rollout-2026-11-2${run}T19-40-24-${thread}.jsonl`,
          createdAt: 1_795_000_000 + run,
        },
      },
    },
    threadStarted: note('thread/started', { thread: { id: thread } }),
    turnStart: { id: 3, method: 'turn/start', params: { threadId: thread, input: [] } },
    turn: { id: 3, result: { turn: { id: turn, startedAt: null } } },
    active: note('thread/status/changed', { threadId: thread, status: { type: 'active' } }),
    turnStarted: note('turn/started', { threadId: thread, turn: { id: turn, startedAt: at / 1000 } }),
    item: note('item/started', { threadId: thread, turnId: turn, item: { type: 'userMessage', id: item } }),
    completed: note('turn/completed', { threadId: thread, turn: { id: turn, durationMs: 300 + run } }),
    turnStart2: { id: 4, method: 'turn/start', params: { threadId: thread, input: [] } },
    turn2: { id: 4, result: { turn: { id: turn2, startedAt: null } } },
    turnStarted2: note('turn/started', { threadId: thread, turn: { id: turn2 } }),
    completed2: note('turn/completed', { threadId: thread, turn: { id: turn2 } }),
    options: {
      ...codexOptions,
      places: { paths: { ws: `/tmp/run${run}/ws`, home: `/tmp/run${run}/home` } },
    } satisfies SealOptions,
  };
}

export function codexRun(run: number, step = 10): string {
  const p = codexParts(run);
  const recording = new Recording('codex:1', { step }).spawn('/opt/codex', ['app-server'], {
    CODEX_HOME: `/tmp/run${run}/home`,
  });
  recording
    .send(p.initialize)
    .recv(p.welcome, p.status)
    .send(p.initialized, p.threadStart)
    .recv(p.thread, p.threadStarted);
  recording.send(p.turnStart).recv(p.turn, p.active, p.turnStarted, p.item, p.completed).eof().exit();
  return sealed(recording, p.options);
}
