import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Stage } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

const script = (): string => {
  const path = join(stage.folder, 'script.json');
  const rules = ['one', 'two'].map((user) => ({
    when: { user },
    reply: [{ do: 'text', chunks: [`You said ${user}.`] }],
  }));
  writeFileSync(path, JSON.stringify({ rules }));
  return path;
};
const faults = (...list: object[]): string => {
  const path = join(stage.folder, 'faults.json');
  writeFileSync(path, JSON.stringify({ format: 1, faults: list }));
  return path;
};

it.each(['codex', 'claude'] as const)(
  'the model of %s speaks with a client that no recording knows',
  async (provider) => {
    await stage.make({ mode: 'model', script: script(), speed: '100' });
    const { code, out, err } = await stage.converse(provider, { messages: ['two', 'one', 'two'] });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(['You said two.', 'You said one.', 'You said two.']);
    expect(stage.check()).toMatchObject({ failed: [], passed: 1 });
  },
);

it('two processes have sessions of different names', async () => {
  await stage.make({ mode: 'model', speed: '100' });
  const input = `${JSON.stringify({ type: 'user', message: { role: 'user', content: 'hi' }, parent_tool_use_id: null, session_id: '', uuid: '8d3f1b1e-4f0a-4c6f-9a39-0f6c2f6f2a11' })}\n`;
  const args =
    '--output-format stream-json --verbose --input-format stream-json --permission-prompt-tool=stdio --model=claude-sonnet-4-5 --permission-mode=default'.split(
      ' ',
    );
  const ended = await Promise.all([1, 2].map(() => stage.run('claude', args, { input })));
  const sessions = ended.map(({ out }) => /"session_id":"([^"]+)"/.exec(out)?.[1]);
  expect(new Set(sessions).size).toBe(2);
});

it('meets an HTTP error of its model', async () => {
  await stage.make({
    mode: 'model',
    script: script(),
    speed: '100',
    faults: faults({ kind: 'status', status: 401, request: 1 }),
  });
  const { code, out } = await stage.converse('codex', { messages: ['one', 'two'] });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(['You said two.']);
});

it('fails when a fault does not strike', async () => {
  await stage.make({
    mode: 'model',
    script: script(),
    speed: '100',
    faults: faults({ kind: 'status', status: 429, request: 9 }),
  });
  expect(await stage.converse('codex', { messages: ['one'] })).toMatchObject({
    code: 92,
    err: expect.stringContaining('faults[0] status'),
  });
});

it('says what it has no model of', async () => {
  await stage.make({ mode: 'model' });
  expect(await stage.run('codex', ['exec', 'hello'])).toMatchObject({
    code: 93,
    err: expect.stringContaining('is not modelled'),
  });
});
