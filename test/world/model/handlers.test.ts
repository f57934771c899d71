import { setupServer } from 'msw/node';
import { describe, expect, it } from 'vitest';
import { drain, inMacrotask } from '../../../src/kernel/drain.ts';
import { type ModelExchange, type ModelScript, modelExchange, modelHandlers } from '../../../src/world/model/index.ts';
import { anthropicRequest, codexInput, eventsOf, openaiRequest } from './requests.ts';

const hello: ModelScript = {
  rules: [
    { when: { user: 'say hello' }, reply: [{ do: 'text', chunks: ['Hello ', 'world'], gapMs: 40 }] },
    { when: { user: 'run it' }, reply: [{ do: 'tool', command: 'echo hi' }] },
    { when: { user: 'run it', toolResult: { includes: 'hi' } }, reply: [{ do: 'text', chunks: ['it said hi'] }] },
  ],
};

const text = (exchange: ModelExchange): string => exchange.chunks.map((chunk) => chunk.text).join('');

describe('OpenAI responses', () => {
  it('streams text in chunks with their gaps and ids of thread and step', async () => {
    const exchange = await modelExchange(modelHandlers(hello), openaiRequest(codexInput('say hello')));
    expect(exchange.status).toBe(200);
    expect(exchange.chunks.map((chunk) => chunk.gapMs)).toEqual([0, 40, 40]);
    expect(exchange.end).toEqual({ kind: 'close', gapMs: 0 });
    const events = eventsOf(text(exchange));
    expect(events.map((event) => event.type)).toEqual([
      'response.created',
      'response.output_item.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events[1]?.item).toMatchObject({ type: 'message', id: 'msg_thread-a_1_1', role: 'assistant' });
    expect(events[4]?.item).toMatchObject({ content: [{ type: 'output_text', text: 'Hello world' }] });
    expect(events[5]?.response).toMatchObject({ id: 'resp_thread-a_1', usage: { total_tokens: 120 } });
    expect(Object.keys(exchange.headers).sort()).toEqual(['content-type', 'x-request-id']);
  });

  it('calls a tool, then reads its result', async () => {
    const handlers = modelHandlers(hello);
    const first = eventsOf(text(await modelExchange(handlers, openaiRequest(codexInput('run it')))));
    const call = first.find((event) => event.type === 'response.output_item.done')?.item as Record<string, unknown>;
    expect(call).toMatchObject({ type: 'function_call', name: 'exec_command', call_id: 'call_thread-a_1_1' });
    expect(JSON.parse(String(call.arguments))).toEqual({ cmd: 'echo hi' });
    const input = [
      ...codexInput('run it'),
      call,
      { type: 'function_call_output', call_id: call.call_id, output: 'Output:\nhi\n' },
    ];
    const second = eventsOf(text(await modelExchange(handlers, openaiRequest(input))));
    expect(second[1]?.item).toMatchObject({ id: 'msg_thread-a_2_1' });
    expect(text(await modelExchange(handlers, openaiRequest(input)))).toContain('it said hi');
  });

  it('gives ids that do not depend on the order in which threads ask', async () => {
    const ask = async (order: string[]): Promise<Record<string, string>> => {
      const handlers = modelHandlers(hello);
      const answers: Record<string, string> = {};
      for (const thread of order) {
        answers[thread] = text(await modelExchange(handlers, openaiRequest(codexInput('say hello'), thread)));
      }
      return answers;
    };
    expect(await ask(['one', 'two'])).toEqual(await ask(['two', 'one']));
  });

  it('answers an unscripted request with a 400 that quotes it and tells the driver', async () => {
    const asked: unknown[] = [];
    const handlers = modelHandlers(hello, { onAsk: (ask, key, rule) => asked.push([ask.user, key.step, rule]) });
    const exchange = await modelExchange(handlers, openaiRequest(codexInput('who are you')));
    expect(exchange.status).toBe(400);
    expect(JSON.parse(text(exchange)).error.message).toBe(
      'model script: no rule answers round 0, attempt 1, user text "who are you"',
    );
    expect(asked).toEqual([['who are you', 1, null]]);
  });

  it('sends the error bodies of the facts', async () => {
    const script: ModelScript = {
      rules: [
        { when: { user: 'a', attempt: 1 }, reply: [{ do: 'status', status: 429, retryAfterS: 1 }] },
        { when: { user: 'a', attempt: 2 }, reply: [{ do: 'status', status: 401 }] },
        {
          when: { user: 'a', attempt: 3 },
          reply: [{ do: 'fail', code: 'context_length_exceeded', message: 'too long' }],
        },
      ],
    };
    const handlers = modelHandlers(script);
    const limited = await modelExchange(handlers, openaiRequest(codexInput('a')));
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '1']);
    const refused = await modelExchange(handlers, openaiRequest(codexInput('a')));
    expect(refused.headers['x-request-id']).toBe('req_thread-a_2');
    expect(JSON.parse(text(refused)).error.message).toBe('Invalid bearer token');
    const failed = eventsOf(text(await modelExchange(handlers, openaiRequest(codexInput('a')))));
    expect(failed.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'context_length_exceeded' } },
    });
  });

  it('leaves the open item open when cut, and says when', async () => {
    const script: ModelScript = {
      rules: [
        {
          when: { user: 'cut' },
          reply: [{ do: 'text', chunks: ['half'] }, { do: 'gate', name: 'g' }, { do: 'wait', ms: 5 }, { do: 'cut' }],
        },
        { when: { user: 'hang' }, reply: [{ do: 'hang' }] },
        { when: { user: 'silent' }, reply: [{ do: 'headers' }, { do: 'hang' }] },
        { when: { user: 'end' }, reply: [{ do: 'text', chunks: ['x'] }, { do: 'stop' }, { do: 'end' }] },
      ],
    };
    const ask = (user: string) => modelExchange(modelHandlers(script), openaiRequest(codexInput(user)));
    const cut = await ask('cut');
    expect(cut.end).toEqual({ kind: 'cut', gapMs: 5, gate: 'g' });
    expect(eventsOf(text(cut)).at(-1)?.type).toBe('response.output_text.delta');
    expect(await ask('hang')).toMatchObject({ chunks: [], end: { kind: 'hang' } });
    expect(await ask('silent')).toMatchObject({ chunks: [{ text: '', gapMs: 0 }], end: { kind: 'hang' } });
    const end = await ask('end');
    expect(eventsOf(text(end)).at(-1)?.type).toBe('response.output_item.done');
    expect(end.end.kind).toBe('close');
  });

  it('repeats itself exactly when the caller counts', async () => {
    const handlers = modelHandlers(hello);
    const ask = () =>
      modelExchange(
        handlers,
        openaiRequest(codexInput('say hello'), 't', { 'x-reprise-step': '7', 'x-reprise-attempt': '1' }),
      );
    expect(await ask()).toEqual(await ask());
    expect(text(await ask())).toContain('msg_t_7_1');
  });
});

describe('Anthropic messages', () => {
  it('streams reasoning, text and a tool call as blocks', async () => {
    const script: ModelScript = {
      rules: [
        {
          when: { user: 'go' },
          reply: [
            { do: 'reasoning', chunks: ['hm'] },
            { do: 'text', chunks: ['Doing ', { text: 'it', gapMs: 3 }] },
            { do: 'tool', command: 'ls', input: { description: 'List' } },
          ],
        },
      ],
    };
    const exchange = await modelExchange(modelHandlers(script), anthropicRequest('go'));
    const events = eventsOf(text(exchange));
    expect(events.map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[9]?.content_block).toMatchObject({ type: 'tool_use', id: 'toolu_session-a_1_3', name: 'Bash' });
    expect(events[12]?.delta).toEqual({ stop_reason: 'tool_use', stop_sequence: null });
    expect(exchange.headers['request-id']).toBe('req_session-a_1');
  });

  it('answers without a stream with the same message in one piece', async () => {
    const exchange = await modelExchange(modelHandlers(hello), anthropicRequest('say hello', { stream: false }));
    expect(exchange.chunks).toHaveLength(1);
    expect(exchange.chunks[0]?.gapMs).toBe(80);
    expect(JSON.parse(text(exchange))).toMatchObject({
      id: 'msg_session-a_1',
      content: [{ type: 'text', text: 'Hello world' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 100, output_tokens: 20 },
    });
  });

  it('looks past reminders for the user’s text, and separates a sub-agent from its session', async () => {
    const request = anthropicRequest('say hello', { agent: 'a1' });
    const exchange = await modelExchange(modelHandlers(hello), request);
    expect(text(exchange)).toContain('msg_session-a_a1_1');
  });

  it('sends error bodies with the request id', async () => {
    const script: ModelScript = { rules: [{ when: {}, reply: [{ do: 'status', status: 529 }] }] };
    const exchange = await modelExchange(modelHandlers(script), anthropicRequest('x'));
    expect(JSON.parse(text(exchange))).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
      request_id: 'req_session-a_1',
    });
  });
});

describe('the ways to ask', () => {
  it('settles in microtasks alone', async () => {
    const settled = await inMacrotask(() => {
      let exchange: ModelExchange | undefined;
      void modelExchange(modelHandlers(hello), openaiRequest(codexInput('say hello'))).then((done) => {
        exchange = done;
      });
      drain();
      return exchange;
    });
    expect(settled?.chunks).toHaveLength(3);
  });

  it('streams in time through setupServer', async () => {
    const waits: number[] = [];
    const pacer = {
      wait: async (ms: number) => void waits.push(ms),
      gate: async () => {},
    };
    const server = setupServer(...modelHandlers(hello, { pacer }));
    server.listen({ onUnhandledRequest: 'error' });
    try {
      const response = await fetch(openaiRequest(codexInput('say hello')));
      expect(eventsOf(await response.text()).at(-1)?.type).toBe('response.completed');
      expect(waits).toEqual([40, 40]);
    } finally {
      server.close();
    }
  });

  it('breaks the body at a cut through setupServer', async () => {
    const script: ModelScript = { rules: [{ when: {}, reply: [{ do: 'text', chunks: ['a'] }, { do: 'cut' }] }] };
    const server = setupServer(...modelHandlers(script, { pacer: { wait: async () => {}, gate: async () => {} } }));
    server.listen({ onUnhandledRequest: 'error' });
    try {
      const response = await fetch(openaiRequest(codexInput('x')));
      await expect(response.text()).rejects.toThrow();
    } finally {
      server.close();
    }
  });
});

describe('a malformed script', () => {
  it.each([
    [[{ do: 'sing' }], /rules\[0\]\.reply\[0\]: unknown step "sing"/],
    [[], /rules\[0\]\.reply is empty/],
    [[{ do: 'cut' }, { do: 'stop' }], /reply\[0\]: nothing can follow "cut"/],
    [[{ do: 'start' }, { do: 'status', status: 500 }], /reply\[1\]: only "wait" and "gate"/],
  ])('%j is refused with its place', (reply, message) => {
    const script = { rules: [{ when: {}, reply }] } as unknown as ModelScript;
    expect(() => modelHandlers(script)).toThrow(message);
  });
});
