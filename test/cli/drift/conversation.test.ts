import { describe, expect, it } from 'vitest';
import { conversationDrift, kindsOf } from '../../../src/cli/drift/conversation-diff.ts';
import { merge } from '../../../src/cli/drift/finding.ts';
import { twice } from '../../../src/cli/drift/look.ts';
import { Reads } from '../../../src/cli/drift/reads.ts';
import type { Json, LaneRecord } from '../../../src/transcript/format.ts';
import { eof, err, exit, lane, recv, send, spawn, transcript } from '../../transcript/samples.ts';

const reads = new Reads();
const read: Readonly<Record<string, readonly string[]>> = {
  'answer to turn/start': ['$.id', '$.result.turn.id'],
  'turn/started': ['$.method', '$.params'],
  'turn/completed': ['$.method', '$.params', '$.params.status', '$.params.code'],
  'thread/started': ['$.method', '$.params'],
};
for (const [frame, paths] of Object.entries(read)) for (const path of paths) reads.add(frame, path);

const started = (thread = '<thread:1>'): LaneRecord => recv({ method: 'turn/started', params: { threadId: thread } });
const completed = (params: { readonly [key: string]: Json } = {}, thread = '<thread:1>'): LaneRecord =>
  recv({ method: 'turn/completed', params: { threadId: thread, status: 'completed', extra: 'x', ...params } });
const answer = recv({ id: '<rpc:1>', result: { turn: { id: '<turn:1>' } } });
const ask = send({ id: '<rpc:1>', method: 'turn/start', params: { threadId: '<thread:1>' } });
const http = (body: Json, path = '/v1/responses'): LaneRecord => ({
  type: 'http',
  lane: `${lane}/http`,
  t: 0,
  request: { method: 'POST', path, headers: {}, body },
  response: null,
});
const conversation = (...records: readonly LaneRecord[]): LaneRecord[] => [spawn, ask, ...records, eof(), exit()];
const usual = conversation(answer, http({ model: 'm' }), started(), completed());

function drift(
  now: readonly LaneRecord[],
  was: readonly LaneRecord[] = usual,
  stopped: string | null = null,
): string[] {
  const recorded = transcript(was);
  const known = new Set(kindsOf(recorded, 'codex'));
  const compared = { provider: 'codex', recorded, observed: transcript(now), stopped, reads, known } as const;
  return merge(conversationDrift(compared)).map(
    ({ severity, change, frame, path }) => `${severity}: ${frame} ${path} ${change}`,
  );
}

describe('drift of a conversation', () => {
  it('is none when the same is said, whatever the numbers of the ids', () => {
    expect(drift(usual)).toEqual([]);
    const renumbered = JSON.parse(JSON.stringify(usual).replaceAll('<turn:1>', '<turn:7>')) as LaneRecord[];
    expect(drift(renumbered)).toEqual([]);
  });

  it.each<[string, LaneRecord[], string[]]>([
    [
      'a frame that is read is gone',
      conversation(answer, http({ model: 'm' }), started()),
      ['breaking: turn/completed  frame-removed'],
    ],
    [
      'a frame that is only recorded is gone',
      conversation(answer, http({ model: 'm' }), completed()),
      ['dangerous: turn/started  frame-removed'],
    ],
    [
      'a known frame comes twice',
      conversation(answer, http({ model: 'm' }), started(), started(), completed()),
      ['dangerous: turn/started  frame-added'],
    ],
    [
      'an unknown notification comes',
      conversation(answer, http({ model: 'm' }), started(), recv({ method: 'news' }), completed()),
      ['minor: news  frame-new'],
    ],
    [
      'an unknown request comes',
      conversation(answer, http({ model: 'm' }), started(), recv({ method: 'may', id: '<srv:1>' }), completed()),
      ['breaking: may  request-new'],
    ],
    [
      'a request is refused',
      conversation(recv({ id: '<rpc:1>', error: { message: 'no' } }), http({ model: 'm' }), started(), completed()),
      ['breaking: answer to turn/start  frame-removed', 'breaking: error to turn/start  request-refused'],
    ],
    [
      'frames change places',
      conversation(answer, http({ model: 'm' }), completed(), started()),
      ['dangerous: turn/started  frame-moved'],
    ],
    [
      'a field that is read is another value',
      conversation(answer, http({ model: 'm' }), started(), completed({ status: 'done' })),
      ['dangerous: turn/completed $.params.status value-changed'],
    ],
    [
      'a field that is read has another type',
      conversation(answer, http({ model: 'm' }), started(), completed({ status: 3 })),
      ['breaking: turn/completed $.params.status type-changed'],
    ],
    [
      'a field that is only recorded is another value',
      conversation(answer, http({ model: 'm' }), started(), completed({ extra: 'y' })),
      ['minor: turn/completed $.params.extra value-changed'],
    ],
    [
      'words are others',
      conversation(answer, http({ model: 'm' }), started(), completed({ extra: 'other words' })),
      ['info: turn/completed $.params.extra text-changed'],
    ],
    [
      'there is a further field',
      conversation(answer, http({ model: 'm' }), started(), completed({ more: 1 })),
      ['minor: turn/completed $.params.more field-added'],
    ],
    [
      'the model is asked for something else',
      conversation(answer, http({ model: 'm', effort: 'low' }), started(), completed()),
      ['minor: POST /v1/responses $.body.effort field-added'],
    ],
    [
      'the model is asked twice',
      conversation(answer, http({ model: 'm' }), http({ model: 'm' }), started(), completed()),
      ['dangerous: POST /v1/responses  frame-added'],
    ],
    [
      'the model is asked elsewhere',
      conversation(answer, http({ model: 'm' }, '/v2/responses'), started(), completed()),
      ['dangerous: POST /v1/responses  frame-removed', 'dangerous: POST /v2/responses  frame-added'],
    ],
    ['stderr says more', [...usual.slice(0, -1), err('oops'), exit()], ['info: process  stderr-changed']],
    [
      'it ends otherwise',
      [...usual.slice(0, -1), { ...exit(), code: 1 } as LaneRecord],
      ['breaking: process  exit-changed'],
    ],
  ])('%s', (_, now, expected) => {
    expect(drift(now)).toEqual(expected);
  });

  it('tells a removed field that is read from one that is only recorded', () => {
    const bare = recv({ method: 'turn/completed', params: { threadId: '<thread:1>' } });
    expect(drift(conversation(answer, http({ model: 'm' }), started(), bare))).toEqual([
      'breaking: turn/completed $.params.status field-removed',
      'dangerous: turn/completed $.params.extra field-removed',
    ]);
  });

  it('notices that two places no longer have the same id', () => {
    expect(drift(conversation(answer, http({ model: 'm' }), started(), completed({}, '<thread:2>')))).toContainEqual(
      expect.stringMatching(/^breaking: turn\/completed {2}frame-removed/),
    );
    const twoIds = (other: string): LaneRecord[] =>
      conversation(answer, completed({ extra: other, again: '<turn:1>' }));
    expect(drift(twoIds('<turn:2>'), twoIds('<turn:1>'))).toEqual([
      'minor: turn/completed $.params.extra value-changed',
    ]);
  });

  it('knows versions, and null for a value that may be left out', () => {
    const version = (extra: Json): LaneRecord[] => conversation(answer, completed({ extra }));
    expect(drift(version('cli/1.3.0'), version('cli/1.2.9'))).toEqual([
      'info: turn/completed $.params.extra version-changed',
    ]);
    expect(drift(version(null), version({ a: 1 }))).toEqual(['minor: turn/completed $.params.extra value-changed']);
  });

  it('compares what is left of a list with what it was', () => {
    const items = (...types: string[]): LaneRecord[] =>
      conversation(answer, completed({ items: types.map((type) => ({ type, text: type })) }));
    expect(drift(items('b', 'c'), items('a', 'b', 'c'))).toEqual([
      'minor: turn/completed $.params.items value-changed',
    ]);
  });

  it('keeps threads that are at work side by side apart', () => {
    const two = (...order: string[]): LaneRecord[] =>
      conversation(answer, ...order.map((name) => started(`<thread:${name}>`)), completed({}, '<thread:1>'));
    expect(drift(two('2', '1'), two('1', '2'))).toEqual([]);
  });

  it('does not miss what a stopped conversation had no time for', () => {
    expect(drift(conversation(answer, http({ model: 'm' })), usual, 'it waited')).toEqual([
      'breaking: process  conversation-stopped',
    ]);
  });

  it('lets optional frames be left out', () => {
    const optional = recv({ method: 'turn/started', params: { threadId: '<thread:1>' } }, { optional: true });
    expect(drift(conversation(answer, completed()), conversation(answer, optional, completed()))).toEqual([]);
  });

  it('holds only what two looks show, for the first may have met a race', async () => {
    const observe = (path: string) => ({
      source: 'conversation' as const,
      change: 'field-removed' as const,
      use: 'read' as const,
      frame: 'turn/completed',
      path,
      was: null,
      now: null,
      recording: 'sample',
    });
    const looks = [
      [observe('$.a'), observe('$.b')],
      [observe('$.b'), observe('$.c')],
    ];
    expect(await twice(async () => looks.shift()!)).toEqual([observe('$.b')]);
    let count = 0;
    const nothing = async () => {
      count++;
      return [];
    };
    expect(await twice(nothing)).toEqual([]);
    expect(count).toBe(1);
  });
});
