import { describe, expect, it } from 'vitest';
import { merge } from '../../../src/cli/drift/finding.ts';
import { ProtocolSchema } from '../../../src/cli/drift/json-schema.ts';
import { Reads } from '../../../src/cli/drift/reads.ts';
import { methodsChanged, schemaDrift } from '../../../src/cli/drift/schema-use.ts';
import type { Json } from '../../../src/transcript/format.ts';
import { eof, exit, recv, send, spawn, transcript } from '../../transcript/samples.ts';

type Fields = Readonly<Record<string, Json>>;

const object = (properties: Fields, required: readonly string[] = [], more: Fields = {}): Json => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const text: Json = { type: 'string' };
const method = (name: string, definition: string | null): Json =>
  object({ method: { enum: [name], type: 'string' }, ...(definition === null ? {} : { params: ref(definition) }) });
const ref = (name: string): Json => ({ $ref: `#/definitions/${name}` });

/** Parts of a small protocol that a test can replace. */
interface Parts {
  readonly AskParams?: Json;
  readonly AskResponse?: Json;
  readonly DoneParams?: Json;
  readonly Item?: Json;
  readonly notifications?: readonly Json[];
  readonly requests?: readonly Json[];
}

const ITEM = {
  oneOf: [
    object({ type: { enum: ['text'] }, text }, ['type', 'text']),
    object({ type: { enum: ['call'] }, command: text, note: { type: ['string', 'null'] } }, ['type', 'command']),
  ],
};

function protocol(parts: Parts = {}): ProtocolSchema {
  const { notifications = [method('done', 'DoneParams')], requests = [method('ask', 'AskParams')], ...changed } = parts;
  return new ProtocolSchema({
    definitions: {
      ClientRequest: { oneOf: requests },
      ClientNotification: { oneOf: [] },
      ServerRequest: { oneOf: [method('may', 'MayParams')] },
      ServerNotification: { oneOf: notifications },
      AskParams: object({ words: text, effort: { enum: ['low', 'high'] } }, ['words']),
      AskResponse: object({ id: text, size: { type: 'integer' } }, ['id', 'size']),
      DoneParams: object({ status: { enum: ['ok', 'failed'], type: 'string' }, part: ref('Item'), extra: text }, [
        'status',
      ]),
      MayParams: object({ what: text }),
      MayResponse: object({ decision: { enum: ['yes', 'no'] } }, ['decision']),
      Item: ITEM,
      ...changed,
    },
  });
}

const recorded = transcript([
  spawn,
  send({ id: '<rpc:1>', method: 'ask', params: { words: 'go', effort: 'low' } }),
  recv({ id: '<rpc:1>', result: { id: '<turn:1>', size: '<n>' } }),
  recv({ id: '<srv:1>', method: 'may', params: { what: 'ls' } }),
  send({ id: '<srv:1>', result: { decision: 'yes' } }),
  recv({ method: 'done', params: { status: 'ok', part: { type: 'call', command: 'ls', note: null }, extra: 'x' } }),
  eof(),
  exit(),
]);

const reads = new Reads();
for (const path of [
  '$.method',
  '$.params',
  '$.params.status',
  '$.params.part',
  '$.params.part.command',
  '$.params.soon',
]) {
  reads.add('done', path);
}
reads.add('may', '$.method');
reads.add('answer to ask', '$.result.id');

const drift = (parts: Parts, was: ProtocolSchema | null = protocol()) =>
  merge(schemaDrift([recorded], was, protocol(parts), reads)).map(
    ({ severity, change, frame, path }) => `${severity}: ${frame} ${path} ${change}`,
  );

const done = (properties: Fields, required: readonly string[] = ['status']): Parts => ({
  DoneParams: object(
    { status: { enum: ['ok', 'failed'], type: 'string' }, part: ref('Item'), extra: text, ...properties },
    required,
  ),
});
const without = (key: string): Json => {
  const all: Fields = { status: { enum: ['ok', 'failed'], type: 'string' }, part: ref('Item'), extra: text };
  return object(
    Object.fromEntries(Object.entries(all).filter(([name]) => name !== key)),
    key === 'status' ? [] : ['status'],
  );
};

describe('drift of a schema', () => {
  it('is none between equal schemas, nor for a recording and the schema of its own version', () => {
    expect(drift({})).toEqual([]);
    expect(drift({}, null)).toEqual([]);
  });

  it.each<[string, Parts, string[]]>([
    [
      'a field that is read is gone',
      { DoneParams: without('status') },
      ['breaking: done $.params.status field-removed'],
    ],
    [
      'a field that is only recorded is gone',
      { DoneParams: without('extra') },
      ['dangerous: done $.params.extra field-removed'],
    ],
    [
      'a field inside a variant is gone',
      { Item: { oneOf: [ITEM.oneOf[0]!, object({ type: { enum: ['call'] } }, ['type'])] } },
      ['breaking: done $.params.part.command field-removed', 'dangerous: done $.params.part.note field-removed'],
    ],
    [
      'a field that is read has another type',
      done({ status: { type: 'integer' } }),
      ['breaking: done $.params.status type-changed', 'dangerous: done $.params.status type-widened'],
    ],
    ['a field that is read may be missing', done({}, []), ['dangerous: done $.params.status field-optional']],
    [
      'a field that is read may be null',
      done({ status: { enum: ['ok', 'failed', null], type: ['string', 'null'] } }),
      ['dangerous: done $.params.status field-optional'],
    ],
    [
      'a field that is only recorded may be null',
      done({ extra: { type: ['string', 'null'] } }),
      ['minor: done $.params.extra field-optional'],
    ],
    [
      'a field that is read has a new value',
      done({ status: { enum: ['ok', 'failed', 'lost'], type: 'string' } }),
      ['dangerous: done $.params.status value-added'],
    ],
    [
      'a recorded value is impossible',
      done({ status: { enum: ['fine', 'failed'], type: 'string' } }),
      ['dangerous: done $.params.status value-added', 'dangerous: done $.params.status value-removed'],
    ],
    ['a value that is in no recording is gone', done({ status: { enum: ['ok'], type: 'string' } }), []],
    ['there is a new optional field', done({ more: text }), ['minor: done $.params.more field-added']],
    [
      'a new variant may come',
      { Item: { oneOf: [...ITEM.oneOf, object({ type: { enum: ['image'] } })] } },
      ['minor: done $.params.part.type value-added'],
    ],
    [
      'a recorded variant is gone',
      { Item: { oneOf: [ITEM.oneOf[0]!] } },
      ['dangerous: done $.params.part.type value-removed'],
    ],
    [
      'words changed',
      done({ extra: { type: 'string', description: 'other words' } }),
      ['info: done $.params.extra text-changed'],
    ],
    ['a notification that is read is gone', { notifications: [] }, ['breaking: done  frame-removed']],
    ['a method that is called is gone', { requests: [] }, ['breaking: ask  frame-removed']],
    [
      'a new method and a new notification',
      {
        requests: [method('ask', 'AskParams'), method('tell', null)],
        notifications: [method('done', 'DoneParams'), method('news', null)],
      },
      [],
    ],
    [
      'a parameter that is sent is gone',
      { AskParams: object({ words: text }, ['words']) },
      ['breaking: ask $.params.effort field-removed'],
    ],
    [
      'a parameter must be sent and is not',
      { AskParams: object({ words: text, effort: text, who: text }, ['words', 'who']) },
      ['breaking: ask $.params.who field-required'],
    ],
    [
      'a parameter may be sent',
      { AskParams: object({ words: text, effort: { enum: ['low', 'high'] }, who: text }, ['words']) },
      ['minor: ask $.params.who field-added'],
    ],
    [
      'a value that is sent is refused',
      { AskParams: object({ words: text, effort: { enum: ['high'] } }, ['words']) },
      ['breaking: ask $.params.effort value-removed'],
    ],
    [
      'an answer has lost what is read of it',
      { AskResponse: object({ size: { type: 'integer' } }, ['size']) },
      ['breaking: answer to ask $.result.id field-removed'],
    ],
  ])('%s', (_, parts, expected) => {
    expect(drift(parts)).toEqual(expected);
  });

  it('is seen without the recorded schema as far as the recording shows it', () => {
    expect(drift({ DoneParams: without('status') }, null)).toEqual(['breaking: done $.params.status field-removed']);
    expect(drift(done({ more: text }), null)).toEqual([]);
    expect(drift({ AskParams: object({ words: text, effort: text, who: text }, ['who']) }, null)).toEqual([
      'breaking: ask $.params.who field-required',
    ]);
  });

  it('counts a field that is read although no recording has it', () => {
    const was = protocol(done({ soon: text }));
    const found = merge(schemaDrift([recorded], was, protocol(), reads));
    expect(found).toMatchObject([{ severity: 'breaking', change: 'field-removed', path: '$.params.soon' }]);
  });

  it('names methods that came and went, used or not', () => {
    const now = protocol({ requests: [method('tell', null)] });
    expect(methodsChanged(protocol(), now)).toEqual({ added: ['tell'], removed: ['ask'] });
  });

  it('refuses what is no schema of the protocol', () => {
    expect(() => new ProtocolSchema([])).toThrow('no "definitions"');
    expect(() => new ProtocolSchema({ definitions: {} })).toThrow('no union "ClientRequest"');
  });

  it('ends on a schema that refers to itself', () => {
    const self = protocol({ Item: { anyOf: [ref('Item')] } });
    expect(merge(schemaDrift([recorded], self, self, reads))).toEqual([]);
  });
});
