import { spawn as spawnProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaneRecord } from '../../src/transcript/format.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { LineLog, sameExceptTiming, saveTranscript, serialiseRecord } from '../../src/transcript/write.ts';
import { header, lane, records, recv, spawn, text } from './samples.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-write-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const http: LaneRecord = {
  type: 'http',
  lane: `${lane}/http`,
  t: 1,
  request: { method: 'POST', path: '/v1/responses', headers: {}, body: {} },
  response: { status: 200, headers: {}, chunks: [{ t: 2, text: 'data: x\n\n' }], end: 'complete' },
};

describe('serialiseRecord', () => {
  it('writes keys in the order of the format, whatever their order was', () => {
    const shuffled = {
      body: { b: 1, a: 2 },
      t: 3,
      after: ['x'],
      dir: 'recv',
      id: 'r1',
      lane,
      type: 'frame',
    } as LaneRecord;
    expect(serialiseRecord(shuffled)).toBe(
      '{"type":"frame","lane":"codex:1","dir":"recv","t":3,"id":"r1","after":["x"],"body":{"b":1,"a":2}}',
    );
  });

  it('keeps an odd key of a body', () => {
    const body = JSON.parse('{"__proto__":{"x":1}}');
    expect(serialiseRecord(recv(body))).toContain('{"__proto__":{"x":1}}');
  });
});

describe('LineLog', () => {
  it('writes what the reader reads, in a private file', () => {
    const path = join(dir, 'a.ndjson');
    const log = new LineLog(path);
    for (const record of [header, ...records]) log.append(serialiseRecord(record));
    log.close();
    log.close();
    expect(readFileSync(path, 'utf8')).toBe(text());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => log.append(serialiseRecord(spawn))).toThrow('closed');
    expect(() => new LineLog(path)).toThrow('EEXIST');
  });

  it('leaves whole lines, and at most one cut one, when it is killed', async () => {
    const path = join(dir, 'killed.ndjson');
    const script = join(import.meta.dirname, 'append-forever.ts');
    const child = spawnProcess(process.execPath, ['--import', 'tsx', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    // Until there is something to lose.
    while (statSync(path).size < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const result = readTranscript(readFileSync(path), path);
    if (!result.ok) throw new Error(result.errors[0].message);
    const bodies = result.transcript.records
      .slice(1)
      .map((record) => (record.type === 'frame' ? (record.body as { i: number }).i : -1));
    expect(bodies.length).toBeGreaterThan(50);
    expect(bodies).toEqual(bodies.map((_, i) => i));
  }, 30_000);
});

describe('sameExceptTiming', () => {
  const later = (all: readonly LaneRecord[]): LaneRecord[] =>
    all.map((record) =>
      record.type === 'http' && record.response !== null
        ? {
            ...record,
            t: 9,
            response: { ...record.response, chunks: record.response.chunks.map((c) => ({ ...c, t: 9 })) },
          }
        : { ...record, t: record.t + 7 },
    );

  it('sees through t, also of HTTP chunks', () => {
    const all = [...records, http];
    expect(sameExceptTiming(text(all), text(later(all)))).toBe(true);
  });

  it('sees everything else', () => {
    expect(sameExceptTiming(text(), text(records.slice(0, -1)))).toBe(false);
    expect(sameExceptTiming(text(), text(records, { ...header, providerVersion: '2' }))).toBe(false);
    expect(sameExceptTiming(text(), text([...records.slice(0, -1), recv({ t: 1 })]))).toBe(false);
    expect(sameExceptTiming(text([recv({ t: 1 })]), text([recv({ t: 2 })]))).toBe(false);
  });

  it('does not take what it cannot read for the same', () => {
    expect(sameExceptTiming('x\n', 'y\n')).toBe(false);
    expect(sameExceptTiming(text(), `${text()}{"type"`)).toBe(false);
  });
});

describe('saveTranscript', () => {
  it('keeps the older file when only timing differs', () => {
    const path = join(dir, 'f.ndjson');
    expect(saveTranscript(path, text([spawn]))).toBe('written');
    expect(saveTranscript(path, text([{ ...spawn, t: 5 }]))).toBe('unchanged');
    expect(readFileSync(path, 'utf8')).toBe(text([spawn]));
    expect(saveTranscript(path, text())).toBe('written');
    expect(readFileSync(path, 'utf8')).toBe(text());
  });

  it('replaces the whole file or nothing, and clears what a killed run left', () => {
    const path = join(dir, 'f.ndjson');
    writeFileSync(`${path}.new.partial`, 'left over');
    saveTranscript(path, text());
    expect(existsSync(`${path}.new.partial`)).toBe(false);
    expect(readdirSync(dir)).toEqual(['f.ndjson']);
  });
});
