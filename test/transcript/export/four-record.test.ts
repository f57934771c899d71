import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fourRecordOf } from '../../../src/transcript/export/four-record.ts';
import type { Json, LaneRecord, Transcript } from '../../../src/transcript/format.ts';
import { packageRoot } from '../../../src/transcript/package-root.ts';
import { readTranscript } from '../../../src/transcript/read.ts';
import { good } from '../import/kit.ts';
import { eof, err, exit, header, lane, recv, send, spawn, transcript } from '../samples.ts';

const folder = join(packageRoot(), 'transcripts');
const names = ['codex', 'claude'].flatMap((provider) =>
  readdirSync(join(folder, provider)).map((name) => `${provider}/${name}`),
);
const read = (name: string): Transcript => {
  const result = readTranscript(readFileSync(join(folder, name)), name);
  if (!result.ok) throw new Error(result.errors[0].message);
  return result.transcript;
};

/** What both formats can say of a frame: side, method or type, and which symbols are the same. */
function essence(records: readonly LaneRecord[]): string[] {
  const seen = new Map<string, number>();
  return records.flatMap((record) => {
    if (record.type !== 'frame' || record.dir === 'err' || record.body === undefined) return [];
    const body = record.body as { method?: Json; type?: Json; id?: Json };
    const id = typeof body.id === 'string' ? (seen.get(body.id) ?? seen.set(body.id, seen.size).get(body.id)) : null;
    return [`${record.lane} ${record.dir} ${body.method ?? body.type ?? ''} ${id}`];
  });
}

describe('a transcript in the four-record format', () => {
  it.each(names)('has the frames of the transcript, and gives them back: %s', (name) => {
    const original = read(name);
    const lanes = [...new Set(original.records.filter((r) => r.type === 'spawn').map((r) => r.lane))];
    const chosen = overlap(original.records) ? lanes[0] : undefined;
    const { text, losses } = fourRecordOf(original, chosen);
    for (const { line } of losses) expect(line).toBeGreaterThan(1);
    const back = good(text).transcript;
    const kept = original.records.filter((r) => chosen === undefined || r.lane === chosen);
    expect(essence(back.records)).toEqual(essence(kept));
    const exits = (records: readonly LaneRecord[]): number[] =>
      records.flatMap((r) => (r.type === 'exit' ? [r.code === 0 ? 0 : 1] : []));
    expect(exits(back.records)).toEqual(exits(kept));
    // Once more, nothing changes: what the format can say it says.
    expect(fourRecordOf(good(text).transcript).text.split('\n').slice(1)).toEqual(
      fourRecordOf(good(fourRecordOf(back).text).transcript)
        .text.split('\n')
        .slice(1),
    );
  });

  it('has its wildcards, and says what they do not say', () => {
    const all = [
      spawn,
      send({ a: { $any: true }, b: '<path:ws>', c: { $pattern: 'do .*\\. Now\\?' }, d: '<ms>', $more: true }),
      send({
        a: { $any: 'string' },
        c: { $pattern: '[ab]+' },
        e: { $literal: { $any: 1 } },
        f: { $unordered: [1, 2] },
      }),
      recv({ a: '<path:ws>', prose: { $elided: { sha256: 'ab', length: 2 } } }, { unordered: 'u1' }),
      err('oh'),
      eof(),
      exit(),
    ];
    const { text, losses } = fourRecordOf(transcript(all));
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({
      type: 'transcript_start',
      provider: 'codex',
      version: '0.0.1',
      scenario: 'sample',
    });
    expect(records.slice(1)).toMatchObject([
      { type: 'expect_outbound', frame: { a: '<any>', b: '<workspace>', c: 'do <any>. Now?', d: '<any>' } },
      { type: 'expect_outbound', frame: { a: '<any>', c: '<any>', e: { $any: 1 }, f: [1, 2] } },
      { type: 'emit_inbound', frame: { a: '/reprise/ws' } },
      { type: 'runtime_exit', status: 'success' },
    ]);
    expect(losses.map(({ line, what }) => `${line} ${what}`)).toEqual([
      '2 how the process was started',
      '3 "$more"',
      '4 that it is a string',
      '4 "$pattern"',
      '4 "$unordered"',
      '5 "unordered"',
      '5 "$elided"',
      '6 the line of stderr',
      '7 the eof record',
    ]);
  });

  it('is refused for processes that run at once, and for tools', () => {
    const second = { ...spawn, lane: 'codex:2' };
    const both = transcript([spawn, second, send({ a: 1 }), exit(), { ...exit(), lane: 'codex:2' }]);
    expect(() => fourRecordOf(both)).toThrow('codex:1 and codex:2 run at once');
    expect(fourRecordOf(both, lane).records).toBe(3);
    expect(() => fourRecordOf(both, 'codex:3')).toThrow('there is no lane codex:3; there are: codex:1, codex:2');
    expect(() => fourRecordOf(transcript([], { ...header, provider: 'tmux', protocol: 'exec' }))).toThrow(
      'runs of tmux',
    );
  });
});

function overlap(records: readonly LaneRecord[]): boolean {
  let running = 0;
  return records.some(({ type }) => {
    if (type === 'spawn') running++;
    if (type === 'exit') running--;
    return running > 1;
  });
}
