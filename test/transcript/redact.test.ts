import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsIn } from '../../src/transcript/event-stream.ts';
import type { Json, LaneRecord } from '../../src/transcript/format.ts';
import { countRedactions, Redactor } from '../../src/transcript/redact.ts';
import { isSecretKey, isSecretVariable } from '../../src/transcript/secrets.ts';
import { redactStreams, secretsInStreams } from '../../src/transcript/streams.ts';
import { lane, recv } from './samples.ts';

/** Invented credentials, put together so that no scanner takes this file for a leak. */
const j = (...parts: string[]): string => parts.join('');
const SECRETS: Readonly<Record<string, string>> = {
  anthropic: j('sk-', 'ant-api03-AbCdEf_1234-xyz'),
  openai: j('sk-', 'proj-AbCdEfGhIjKlMnOp1234'),
  jwt: j('eyJ', 'hbGciOiJub25lIn0.', 'eyJzdWIiOiIxMjM0In0.', 'sig_natur'),
  github: j('ghp', '_abcdefghijklmnopqrstuvwxyz0123456789'),
  aws: j('AKIA', 'ABCDEFGHIJKLMNOP'),
  google: j('AIza', 'SyA1234567890abcdefghijklmnopqrstuv'),
  slack: j('xoxb', '-123456789012-abcdefghij'),
  gitlab: j('glpat', '-abcdefghij0123456789'),
  npm: j('npm', '_abcdefghijklmnopqrstuvwxyz0123456789'),
  huggingface: j('hf', '_abcdefghijklmnopqrstuvwxyz0123456789'),
  stripe: j('sk', '_live_abcdefghij012345'),
  pem: j('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIE\n-----END RSA PRIVATE', ' KEY-----'),
};
const plain = new Redactor();

describe('Redactor', () => {
  it.each(Object.entries(SECRETS))('takes out %s keys by their format', (kind, secret) => {
    expect(plain.text(`before ${secret} after`)).toBe(`before <secret:${kind}> after`);
    expect(plain.json({ deep: [{ text: secret }] })).toEqual({ deep: [{ text: `<secret:${kind}>` }] });
    expect(plain.line(JSON.stringify({ text: secret }))).not.toContain(secret.slice(8));
    expect(plain.secretsInJson({ text: secret })).toEqual([kind]);
  });

  it('takes out tokens after Bearer and Basic, and passwords in URLs, but not the words', () => {
    expect(plain.text('Authorization: Bearer abc123def456')).toBe('Authorization: Bearer <secret:bearer>');
    expect(plain.text('Basic dXNlcjpwYXNzd29yZDE=')).toBe('Basic <secret:basic>');
    expect(plain.text('https://me:hunter22@example.org/x')).toBe('https://<secret:url>@example.org/x');
    for (const text of [
      'Invalid bearer token, url: http://127.0.0.1:8911/v1/responses',
      'Basic authentication',
      'task-12345678901234567890',
    ]) {
      expect(plain.text(text)).toBe(text);
    }
  });

  it('takes out values under telling names, and leaves names that only look so', () => {
    expect(
      plain.json({ authorization: 'anything', 'X-Api-Key': 'x', refresh_token: 'y', OPENAI_API_KEY: 'z' }),
    ).toEqual({
      authorization: '<secret:key>',
      'X-Api-Key': '<secret:key>',
      refresh_token: '<secret:key>',
      OPENAI_API_KEY: '<secret:key>',
    });
    const usage: Json = {
      tokenUsage: { totalTokens: 1 },
      tokenSource: 'none',
      apiKeySource: 'ANTHROPIC_API_KEY',
      token: null,
      max_tokens: 'x',
    };
    expect(plain.json(usage)).toEqual(usage);
    expect(plain.json({ authorization: 'Bearer abc123def456' })).toEqual({ authorization: 'Bearer <secret:bearer>' });
    expect(isSecretKey('apiKey') && isSecretKey('set-cookie') && !isSecretKey('tokens')).toBe(true);
    for (const name of ['GITHUB_TOKEN', 'OPENAI_APIKEY', 'PGPASSWORD', 'NPM_AUTH', 'AUTHORIZATION'])
      expect(isSecretVariable(name)).toBe(true);
    for (const name of ['PATH', 'SSH_AUTH_SOCK', 'XAUTHORITY', 'GIT_AUTHOR_NAME', 'KEYMAP', 'MONKEY', 'AUTH_TYPE'])
      expect(isSecretVariable(name)).toBe(false);
  });

  it.each([
    ['xai', '-abcdefghij0123456789'],
    ['gsk', '_abcdefghij0123456789'],
    ['SG', '.abcdefghij012345.abcdefghij012345'],
    ['pypi', '-AgEIcHlwaS5vcmcCJ0abc'],
    ['dop_v1', '_0123456789abcdef0123456789abcdef01234567'],
    ['dckr_pat', '_abcdefghij0123456789'],
    ['shpat', '_0123456789abcdef0123'],
    ['hvs', '.abcdefghij0123456789'],
    ['tskey', '-auth-abcdefghij012345'],
    ['lin_api', '_abcdefghij0123456789'],
    ['whsec', '_abcdefghij0123456789'],
  ])('takes out the keys of further services (%s)', (prefix, rest) => {
    expect(plain.text(`with ${prefix}${rest}.`)).toMatch(/^with <secret:service>\.?$/);
  });

  it('takes out values after telling names in text, and leaves what only looks so', () => {
    expect(plain.text('OPENAI_API_KEY=abcdef123456 sh')).toBe('OPENAI_API_KEY=<secret:named> sh');
    expect(plain.text('x-api-key: abcdef123456\r\nhost: x')).toBe('x-api-key: <secret:named>\r\nhost: x');
    expect(plain.text('/v1/models?api_key=abcdef123456&x=1')).toBe('/v1/models?api_key=<secret:named>&x=1');
    expect(plain.text('tool says "{\\"password\\": \\"correct horse\\"}"')).toContain('\\"<secret:key>\\"');
    for (const text of ['password: incorrect', 'API_KEY=$OTHER_KEY1', 'total_tokens: 123456789', 'TOKEN=unset']) {
      expect(plain.text(text)).toBe(text);
    }
  });

  it('takes out arguments that follow telling flags', () => {
    expect(
      plain.args(['--token', 'opaque', '--api-key=x', '-c', 'a=b', '--max-tokens', '5', '--password', '--next']),
    ).toEqual([
      '--token',
      '<secret:key>',
      '--api-key=<secret:key>',
      '-c',
      'a=b',
      '--max-tokens',
      '5',
      '--password',
      '--next',
    ]);
    expect(plain.args(plain.args(['--token', 'opaque']))).toEqual(['--token', '<secret:key>']);
  });

  it('takes out account ids, by their names and by their format', () => {
    expect(plain.json({ chatgpt_account_id: 'x', 'OpenAI-Organization': 'y', accountId: null, id: 'a-1' })).toEqual({
      chatgpt_account_id: '<account>',
      'OpenAI-Organization': '<account>',
      accountId: null,
      id: 'a-1',
    });
    expect(plain.text(`in ${j('org', '-abcdefgh01234567')} of user-friendly`)).toBe('in <account> of user-friendly');
  });

  it('takes out the values of the environment, also escaped and in URLs', () => {
    const redactor = new Redactor({ env: { MY_SECRET: 'pa"ss wörd', MODEL_API_KEY: 'x', EDITOR: 'plain-editor' } });
    expect(redactor.text('it is pa"ss wörd!')).toBe('it is <secret:env>!');
    expect(redactor.line('{"x":"pa\\"ss wörd"}')).toBe('{"x":"<secret:env>"}');
    expect(redactor.text(`?k=${encodeURIComponent('pa"ss wörd')}`)).toBe('?k=<secret:env>');
    // Too short to be told from a word.
    expect(redactor.text('x plain-editor')).toBe('x plain-editor');
  });

  it('takes out homes, hosts, users and mail addresses', () => {
    const redactor = new Redactor({
      homes: ['/home/ada', '/root'],
      hosts: ['analytical'],
      users: ['lovelace', 'root', 'ad'],
    });
    expect(redactor.text('/home/ada/x /home/adam /root /rooted lovelace@mill.example by lovelace on analytical')).toBe(
      '<home>/x /home/adam <home> /rooted <email> by <user> on <host>',
    );
    expect(redactor.json({ agentPath: '/root/calc', path: '/root/calc' })).toEqual({
      agentPath: '/root/calc',
      path: '<home>/calc',
    });
    expect(redactor.text('git@github.com:x/y.git codex@0.169.0 root')).toBe(
      'git@github.com:x/y.git codex@0.169.0 root',
    );
  });

  it('is idempotent, and lets nothing pass that it would find', () => {
    const redactor = new Redactor({ env: { A_TOKEN: 'tok-value-1' }, homes: ['/home/ada'] });
    const piece = fc.constantFrom(
      ...Object.values(SECRETS),
      'tok-value-1',
      '/home/ada',
      'Bearer a1b2c3d4',
      ' ',
      '/',
      'x',
      '"',
      '<secret:key>',
    );
    const value = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        fc.array(piece).map((p) => p.join('')),
        fc.dictionary(fc.constantFrom('a', 'token', 'cookie', 'text'), tie('json'), {
          maxKeys: 3,
        }) as fc.Arbitrary<Json>,
        fc.array(tie('json'), { maxLength: 3 }),
      ),
    })).json;
    fc.assert(
      fc.property(value, (json) => {
        const once = redactor.json(json);
        expect(redactor.json(once)).toEqual(once);
        expect(redactor.secretsInJson(once)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('is not confused by values and names that its own marks are made of', () => {
    const redactor = new Redactor({
      env: { A_TOKEN: 'secret', B_TOKEN: '<secret:env>' },
      users: ['email', 'secret'],
      hosts: ['key'],
    });
    expect(redactor.text('my secret key: email a@b.example')).toBe('my <secret:env> <host>: <user> <email>');
    expect(redactor.json({ token: 'x' })).toEqual({ token: '<secret:key>' });
  });

  it('counts what stands in the result', () => {
    expect(countRedactions(['<secret:key> and <secret:env>', '<home>/x', '<lt>home>', '<thread:1>'])).toEqual({
      home: 1,
      secret: 2,
    });
  });
});

describe('raw lines', () => {
  it('takes out keyed values without parsing, JSON or not', () => {
    expect(plain.line('{"token":"abc","n":1,"password" : "a\\"b"}')).toBe(
      '{"token":"<secret:key>","n":1,"password" : "<secret:key>"}',
    );
    expect(plain.line('{"token":"abc"')).toBe('{"token":"<secret:key>"');
    expect(plain.line('{"token":"","tokens":"x"}')).toBe('{"token":"","tokens":"x"}');
  });

  it('keeps JSON valid', () => {
    const texts = fc.array(fc.constantFrom(...Object.values(SECRETS), '"', '\\', 'x', ' ')).map((p) => p.join(''));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'token', 'x"y'), texts), (value) => {
        expect(() => JSON.parse(plain.line(JSON.stringify(value)))).not.toThrow();
      }),
    );
  });
});

describe('streamed text', () => {
  const delta = (text: string, itemId = 'm1') =>
    recv({ method: 'item/agentMessage/delta', params: { itemId, delta: text } });
  const textsOf = (all: ReturnType<typeof redactStreams>): string[] =>
    all.map((record) => (record.type === 'frame' ? (record.body as { params: { delta: string } }).params.delta : ''));
  const secret = SECRETS.github as string;

  it('finds a credential however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(secret.length + 10), { maxLength: 6 }), (cuts) => {
        const whole = `key: ${secret} end`;
        const at = [0, ...[...cuts].sort((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, i) => whole.slice(at[i], end));
        // Another item streams in between: its pieces are its own.
        const frames = pieces.flatMap((piece) => [delta(piece), delta('…', 'm2')]);
        const clean = redactStreams(frames, plain).map((record) => ({
          ...record,
          ...(plain.json(record as unknown as Json) as object),
        }));
        const joined = textsOf(clean as ReturnType<typeof redactStreams>)
          .filter((_, i) => i % 2 === 0)
          .join('');
        expect(joined).toBe('key: <secret:github> end');
      }),
    );
  });

  const exchange = (chunks: readonly string[]): LaneRecord => ({
    type: 'http',
    lane: `${lane}/http`,
    t: 0,
    request: { method: 'POST', path: '/', headers: {}, body: {} },
    response: { status: 200, headers: {}, chunks: chunks.map((text) => ({ t: 0, text })), end: 'complete' },
  });
  const cutAt = (whole: string, cuts: readonly number[]): string[] => {
    const at = [0, ...[...cuts].sort((a, b) => a - b), whole.length];
    return at.slice(1).map((end, i) => whole.slice(at[i], end));
  };

  it('finds a credential inside server-sent events, however it is cut into deltas and these into chunks', () => {
    const event = (piece: string): string =>
      `event: x\ndata: ${JSON.stringify({ type: 'x.delta', delta: piece, item_id: 'm' })}\n\n`;
    const cuts = fc.array(fc.nat(400), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, cuts, (deltas, chunks) => {
        const whole = `key: ${secret} end`;
        const stream = cutAt(
          whole,
          deltas.map((cut) => cut % whole.length),
        )
          .map(event)
          .join('');
        const [clean] = redactStreams(
          [
            exchange(
              cutAt(
                stream,
                chunks.map((cut) => cut % stream.length),
              ),
            ),
          ],
          plain,
        );
        const texts = clean?.type === 'http' ? (clean.response?.chunks.map((chunk) => chunk.text) ?? []) : [];
        const said = eventsIn(texts.join('')).map(({ body }) => (body as { delta: string }).delta);
        // Within one piece it is the business of those who redact the pieces.
        expect(plain.text(said.join(''))).toBe('key: <secret:github> end');
        const redacted = texts.map((text) => plain.text(text)).join('');
        expect(redacted).not.toContain(secret.slice(4, 12));
        expect(redacted).not.toContain(secret.slice(-8));
      }),
      { numRuns: 300 },
    );
  });

  it('finds a value under a telling name in JSON that is streamed as text', () => {
    const args = JSON.stringify({ path: 'x', api_key: 'of no known form' });
    fc.assert(
      fc.property(fc.array(fc.nat(args.length), { maxLength: 5 }), (cuts) => {
        const frames = cutAt(args, cuts).map((piece) => delta(piece));
        const joined = textsOf(redactStreams(frames, plain))
          .map((text) => plain.text(text))
          .join('');
        expect(plain.text(joined)).toBe('{"path":"x","api_key":"<secret:key>"}');
      }),
    );
    expect(
      secretsInStreams(
        cutAt(args, [30]).map((piece) => delta(piece)),
        plain,
      ),
    ).toEqual(['key']);
  });
});
