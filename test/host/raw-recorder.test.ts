import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawRecorder } from '../../src/host/tap/raw-recorder.ts';
import type { RawRecord } from '../../src/transcript/raw.ts';
import { readRawLog } from '../../src/transcript/raw.ts';
import { Redactor } from '../../src/transcript/redact.ts';

const TOKEN = ['tok', 'en-of-the-provider'].join('');
const redactor = new Redactor({ env: { PROVIDER_TOKEN: TOKEN } });

let dir: string;
let raw: string;
let recorder: RawRecorder;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-raw-'));
  raw = join(dir, 'raw.ndjson');
  recorder = new RawRecorder(raw, { redactor });
});
afterEach(() => {
  recorder.close();
  rmSync(dir, { recursive: true });
});

const rawRecords = (): RawRecord[] => {
  recorder.flush();
  return readRawLog(readFileSync(raw, 'utf8'), raw);
};
const lines = (dirOf: string): string[] =>
  rawRecords().flatMap((r) => (r.k === 'line' && r.dir === dirOf ? [r.text] : []));

describe('RawRecorder', () => {
  it('makes lines of chunks, with the time at which each was complete', () => {
    let now = 1000;
    const timed = new RawRecorder(join(dir, 'timed'), { redactor, now: () => now });
    const bytes = Buffer.from('{"a":"ü"}\r\nnext');
    now = 1010;
    timed.chunk('codex:1', 'recv', bytes.subarray(0, 7));
    now = 1020.25;
    timed.chunk('codex:1', 'recv', bytes.subarray(7));
    timed.chunk('codex:1', 'send', 'x\n\n');
    now = 1030;
    timed.exit('codex:1', 0, null);
    timed.close();
    expect(readRawLog(readFileSync(join(dir, 'timed'), 'utf8'), 'timed')).toEqual([
      { k: 'line', lane: 'codex:1', t: 20.25, dir: 'recv', text: '{"a":"ü"}' },
      { k: 'line', lane: 'codex:1', t: 20.25, dir: 'send', text: 'x' },
      { k: 'line', lane: 'codex:1', t: 20.25, dir: 'send', text: '' },
      { k: 'line', lane: 'codex:1', t: 30, dir: 'recv', text: 'next', cut: true },
      { k: 'exit', lane: 'codex:1', t: 30, code: 0, signal: null },
    ]);
  });

  it('writes a last line without its end down before the end of stdin', () => {
    recorder.chunk('ndjson:1', 'send', 'a prompt');
    recorder.record({ k: 'eof', lane: 'ndjson:1', t: 7 });
    recorder.chunk('ndjson:1', 'recv', '{}\n');
    recorder.exit('ndjson:1', 0, null);
    recorder.close();
    expect(rawRecords().map((r) => (r.k === 'line' ? [r.dir, r.text, r.cut] : r.k))).toEqual([
      ['send', 'a prompt', true],
      'eof',
      ['recv', '{}', undefined],
      'exit',
    ]);
  });

  it('takes a credential out however the chunks were cut', () => {
    for (let cut = 1; cut < TOKEN.length; cut++) {
      recorder.chunk('codex:1', 'recv', `it is ${TOKEN.slice(0, cut)}`);
      recorder.chunk('codex:1', 'recv', `${TOKEN.slice(cut)}.\n`);
    }
    expect(new Set(lines('recv'))).toEqual(new Set(['it is <secret:env>.']));
  });

  it('writes exchanges with the model under their own lane, from when they began', () => {
    const exchange = {
      method: 'POST',
      path: '/v1/responses',
      requestHeaders: { authorization: `Bearer ${TOKEN}` },
      requestBody: '{"model":"m"}',
      startedAtMs: performance.now(),
      status: 200,
      responseHeaders: {},
      chunks: [],
      end: 'client-left' as const,
    };
    recorder.http('codex:1', exchange);
    recorder.http('codex:1', { ...exchange, requestBody: 'no json', status: null });
    expect(rawRecords()).toMatchObject([
      {
        lane: 'codex:1/http',
        request: { body: { model: 'm' }, headers: { authorization: 'Bearer <secret:env>' } },
        response: { status: 200, end: 'aborted' },
      },
      { request: { body: 'no json' }, response: null },
    ]);
  });
});
