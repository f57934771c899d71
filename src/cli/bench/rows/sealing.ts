import { PROFILES } from '../../../transcript/profiles.ts';
import type { RawRecord } from '../../../transcript/raw.ts';
import { seal } from '../../../transcript/seal.ts';
import { redactorOfThisMachine } from '../../recording/machine.ts';
import type { Row, Sample } from '../row.ts';

/** Records of a turn of {@link recording}. */
const TURN = 16;
const DELTAS = 12;
const uuid = (kind: number, n: number): string => `0${kind}a00000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** What a recorder wrote while codex had turns, each with some streamed text; a frame of it has about 250 bytes. */
function recording(turns: number): RawRecord[] {
  const lane = 'codex:1';
  const thread = uuid(1, 1);
  const log: RawRecord[] = [{ k: 'spawn', lane, t: 0, file: 'codex', args: ['app-server'], cwd: '/tmp/ws', env: {} }];
  const line = (dir: 'send' | 'recv', body: object): void => {
    log.push({ k: 'line', lane, t: log.length, dir, text: JSON.stringify(body) });
  };
  for (let n = 1; n <= turns; n++) {
    const turn = { id: uuid(2, n), items: [], status: 'inProgress', startedAt: 1_795_269_401, error: null };
    const at = { threadId: thread, turnId: turn.id, itemId: `msg_${uuid(3, n)}` };
    const told = (method: string, params: object) =>
      line('recv', { method, params, emittedAtMs: 1_795_269_401_000 + log.length });
    line('send', {
      id: n,
      method: 'turn/start',
      params: { threadId: thread, input: [{ type: 'text', text: 'go on' }] },
    });
    line('recv', { id: n, result: { turn } });
    told('turn/started', { threadId: thread, turn });
    for (let i = 0; i < DELTAS; i++)
      told('item/agentMessage/delta', { ...at, delta: `in /tmp/ws there is word ${i} ` });
    told('turn/completed', { threadId: thread, turn: { ...turn, status: 'completed', durationMs: 1_200 } });
  }
  log.push({ k: 'eof', lane, t: log.length });
  log.push({ k: 'exit', lane, t: log.length, code: 0, signal: null });
  return log;
}

/** Seals once, in a process that never did before, as a recorder does when its provider has ended. */
function sealed(turns: number): Sample {
  const log = recording(turns);
  const redactor = redactorOfThisMachine();
  const start = performance.now();
  const { transcript } = seal(log, {
    profile: PROFILES.codex,
    scenario: 'long',
    providerVersion: '0.169.0',
    platform: 'linux-x64',
    recorder: 'bench',
    places: { paths: { ws: '/tmp/ws' } },
    redactor,
  });
  return { amount: transcript.records.length, ms: performance.now() - start };
}

export const row: Row = {
  title: `what the exit of a recorded provider waits for: its log becomes a transcript, of ${250 * TURN} records and of eight times as many`,
  unit: ['record', 'records'],
  mechanisms: { 'a long recording': () => sealed(250), 'a very long one': () => sealed(2_000) },
  goals: [
    // Linear: a record of a longer file costs no more.
    { kind: 'faster', mechanism: 'a very long one', factor: 0.8, than: 'a long recording' },
  ],
};
