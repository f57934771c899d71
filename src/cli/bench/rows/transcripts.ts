import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTranscript } from '../../../transcript/read.ts';
import type { Row, Sample } from '../row.ts';

const RECORDINGS = fileURLToPath(new URL('../../../../transcripts', import.meta.url));
const MEGABYTE = 1_000_000;
/** The recordings are read over and over until this much has been read. */
const VOLUME = 40 * MEGABYTE;

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function recordings(): File[] {
  const names = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ndjson'),
  );
  return names.sort().map((name) => ({ name, bytes: readFileSync(join(RECORDINGS, name)) }));
}

/** `read` returns the number of records of a file. */
function readAll(read: (file: File) => number): Sample {
  const files = recordings();
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size === 0) throw new Error(`no recordings in ${RECORDINGS}`);
  const round = () => files.reduce((sum, file) => sum + read(file), 0);
  const rounds = Math.ceil(VOLUME / size);
  for (let warmUp = 0; warmUp < rounds / 4; warmUp++) round();
  let records = 0;
  const start = performance.now();
  for (let at = 0; at < rounds; at++) records += round();
  return { amount: (size * rounds) / MEGABYTE, ms: performance.now() - start, proof: `${records} records` };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function bareJson({ bytes }: File): number {
  let records = 0;
  for (const line of utf8.decode(bytes).split('\n')) {
    if (line === '') continue;
    JSON.parse(line);
    records++;
  }
  return records;
}

function reader({ name, bytes }: File): number {
  const result = readTranscript(bytes, name);
  if (!result.ok) throw new Error(`${name}: ${result.errors[0].message}`);
  return result.transcript.records.length + 1;
}

export const row: Row = {
  title: 'reading the committed recordings, against bare JSON.parse of their lines',
  unit: ['MB', 'MB'],
  mechanisms: { 'JSON.parse': () => readAll(bareJson), readTranscript: () => readAll(reader) },
  goals: [{ kind: 'faster', mechanism: 'readTranscript', factor: 0.8, than: 'JSON.parse' }],
};
