import type { FrameRecord, HeaderRecord } from '../../../transcript/format.ts';
import { readTranscript } from '../../../transcript/read.ts';
import type { Row, Sample } from '../row.ts';

const LENGTH = 32 * 1024 * 1024;

/** A transcript whose only frame is one line of 32 MB: a long tool output with a few characters to escape. */
function transcript(): Uint8Array {
  const header: HeaderRecord = {
    type: 'header',
    format: 1,
    provider: 'codex',
    protocol: 'app-server',
    providerVersion: '0',
    scenario: 'long line',
    schemaDigest: null,
    platform: 'linux-x64',
    recorder: 'bench',
    redactions: {},
  };
  const words = 'The quick brown fox said "no" \\ and left.\n';
  const text = words.repeat(Math.ceil(LENGTH / JSON.stringify(words).length));
  const frame: FrameRecord = { type: 'frame', lane: 'codex:1', t: 0, dir: 'recv', body: { params: { delta: text } } };
  return new TextEncoder().encode(`${JSON.stringify(header)}\n${JSON.stringify(frame)}\n`);
}

/** Cold: a line of this length comes once. `read` returns the number of records. */
function once(read: (bytes: Uint8Array) => number): Sample {
  const bytes = transcript();
  const start = performance.now();
  const records = read(bytes);
  return { amount: 1, ms: performance.now() - start, proof: `${records} records` };
}

function bareJson(bytes: Uint8Array): number {
  const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
  for (const line of lines) JSON.parse(line);
  return lines.length;
}

function reader(bytes: Uint8Array): number {
  const result = readTranscript(bytes, 'long line');
  if (!result.ok) throw new Error(result.errors[0].message);
  return result.transcript.records.length + 1;
}

export const row: Row = {
  title: 'one line of 32 MB',
  unit: ['line', 'lines'],
  mechanisms: { 'JSON.parse': () => once(bareJson), readTranscript: () => once(reader) },
  goals: [{ kind: 'within', mechanism: 'readTranscript', msPerUnit: 500 }],
};
