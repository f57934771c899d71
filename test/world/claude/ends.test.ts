import { describe, expect, it } from 'vitest';
import { RawMachine } from './raw.ts';
import { rules, started, text } from './started.ts';

describe('the end', () => {
  it.each([
    ['when idle', 'hi', 5_000, 'IR S:run INIT A:text R:ok S:idle'],
    ['in the middle of a turn', 'slow', 850, 'IR S:run INIT A:text R:ok S:idle'],
  ])('of stdin %s lets it finish and exit 0', (_name, words, at, heard) => {
    const { world, claude } = started();
    claude.say(words);
    world.pass(at);
    claude.end();
    world.pass(5_000);
    expect(claude.heard()).toBe(heard);
    expect(claude.exit).toEqual({ code: 0, signal: null });
  });

  it('of stdin in the middle of a line takes the line', () => {
    const { world, claude } = started();
    claude.proc.feed('{"type":"user","message":{"role":"user","content":"hi"}}');
    claude.end();
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run INIT A:text R:ok S:idle');
    expect(claude.exit).toEqual({ code: 0, signal: null });
  });

  it('has the code of the last result', () => {
    const { world, claude } = started();
    claude.say('unknown words');
    world.pass(60_000);
    expect(claude.heard()).toContain('A:synth R:ok+err');
    claude.end();
    world.pass(1_000);
    expect(claude.exit).toEqual({ code: 1, signal: null });
  });

  it.each([
    ['SIGTERM', 143, ''],
    ['SIGHUP', 129, ''],
    ['SIGINT', 0, ' A:text! U:intr R:aborted_streaming'],
  ] as const)('by %s in the middle of a text has code %i', (signal, code, heard) => {
    const { world, claude } = started();
    claude.say('slow');
    world.pass(950);
    claude.kill(signal);
    world.pass(1_000);
    expect(claude.heard()).toBe(`IR S:run INIT${heard}`);
    expect(claude.exit).toEqual({ code, signal: null });
  });

  it('by SIGTERM in the middle of a command kills its shell and tells its result', () => {
    const { world, claude } = started();
    claude.say('sleep');
    world.pass(1_500);
    claude.kill('SIGTERM');
    world.pass(3_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool U:res-err');
    expect(claude.last.message.content[0].content).toBe('Exit code 137\na');
    expect(claude.exit).toEqual({ code: 143, signal: null });
    expect(world.machine.processes.size).toBe(0);
  });

  it('by a signal in the first 200 ms is the signal itself', () => {
    const { world, claude } = started();
    world.pass(150);
    claude.kill('SIGTERM');
    world.pass(1_000);
    expect(claude.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it.each([
    ['{"type":"user","message":{"role":"us', 'Error parsing streaming input line (type=user, 36 chars): SyntaxError'],
    ['nonsense', 'Error parsing streaming input line (type=unknown, 8 chars): SyntaxError'],
    [
      '{"type":"user","message":{"role":"assistant","content":"x"}}',
      "Error: Expected message role 'user', got 'assistant'",
    ],
    ['{"type":"control_request","request_id":"x"}', 'Error: Missing request on control_request'],
  ])('comes with code 1 after %s', (line, words) => {
    const { world, claude } = started();
    claude.line(line);
    world.pass(2_000);
    expect(claude.stderr).toBe(`${words}\n`);
    expect(claude.exit).toEqual({ code: 1, signal: null });
  });
});

it('ignores what it does not know, and refuses requests that nobody knows', () => {
  const { world, claude } = started();
  claude.line('');
  claude.send({ type: 'banana' });
  claude.send({ type: 'keep_alive' });
  claude.send({ type: 'control_cancel_request', request_id: 'x' });
  claude.send({ type: 'control_response', response: { subtype: 'success', request_id: 'x', response: {} } });
  claude.control('c2', { subtype: 'frobnicate' });
  world.pass(2_000);
  expect(claude.heard()).toBe('IR CR:err');
  expect(claude.last.response).toEqual({
    subtype: 'error',
    request_id: 'c2',
    error: 'Unsupported control request subtype: frobnicate',
    error_code: 'unsupported_request',
  });
  expect(claude.exit).toBeNull();
});

it.each([
  ['a control request', (claude: ReturnType<RawMachine['start']>) => claude.control('c2', { subtype: 'set_model' })],
  ['a slash command', (claude: ReturnType<RawMachine['start']>) => claude.say('/clear')],
])('is an error of the run when %s was never measured', (_name, act) => {
  const { world, claude } = started();
  act(claude);
  expect(() => world.pass(2_000)).toThrow(/claude model: .* is not modelled/);
});

describe('sessions', () => {
  it('are resumed with what was said', () => {
    const { world, claude } = started();
    claude.say('hi');
    world.pass(5_000);
    claude.end();
    world.pass(1_000);
    const id = claude.of('result').session_id;
    const second = world.start(`--resume=${id}`);
    second.say('third');
    world.pass(5_000);
    expect(second.of('result')).toMatchObject({
      session_id: id,
      result_index: 0,
      total_cost_usd: 0.0012000000000000001,
    });
    expect(world.claude.sessions.get(id)?.history.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  it('keep a question that a killed process never answered, and its cost is forgotten', () => {
    const { world, claude } = started();
    claude.say('slow');
    world.pass(950);
    const id = claude.frames.find(({ subtype }) => subtype === 'init')?.session_id;
    claude.kill('SIGKILL');
    const second = world.start(`--resume=${id}`);
    second.say('hi');
    world.pass(5_000);
    expect(second.of('result').total_cost_usd).toBe(0.0006000000000000001);
    const history = world.claude.sessions.get(id)?.history ?? [];
    expect(history.map(({ content }) => (content[0]?.type === 'text' ? content[0].text : ''))).toEqual([
      'slow',
      'No response requested.',
      'hi',
      'Hello.',
    ]);
  });

  it('do not exist when their process is killed in the first tenth of a second', () => {
    const { world, claude } = started();
    claude.say('slow');
    world.pass(660);
    const id = claude.frames.find(({ session_id }) => session_id)?.session_id;
    claude.kill('SIGKILL');
    const second = world.start(`--resume=${id}`);
    second.control('c1', { subtype: 'initialize' });
    world.pass(2_000);
    expect(second.stderr).toBe(`No conversation found with session ID: ${id}\n`);
    expect(second.heard()).toBe('R:undefined');
    expect(second.exit).toEqual({ code: 1, signal: null });
  });

  it('follow the process that spoke last when two work on one', () => {
    const { world, claude } = started();
    claude.say('hi');
    world.pass(5_000);
    const id = claude.of('result').session_id;
    const second = world.start(`--resume=${id}`);
    second.say('third');
    world.pass(5_000);
    claude.say('hi');
    world.pass(5_000);
    const said = world.claude.sessions.get(id)?.history.flatMap(({ content }) => content);
    expect(JSON.stringify(said)).not.toContain('third');
  });

  it('cannot be started under an id that is in use', () => {
    const { world, claude } = started();
    world.pass(1_000);
    const id = world.claude.truths[0]?.sessionId;
    const second = world.start(`--session-id=${id}`);
    world.pass(2_000);
    expect(second.stderr).toBe(`Error: Session ID ${id} is already in use.\n`);
    expect(second.exit).toEqual({ code: 1, signal: null });
    expect(claude.exit).toBeNull();
  });
});

describe('faults', () => {
  it('of the API hit the request that they are meant for', () => {
    const { world, claude } = started({
      faults: { model: ({ ofProcess }) => (ofProcess === 1 ? { kind: 'status', status: 401 } : null) },
    });
    claude.say('hi');
    world.pass(10_000);
    expect(claude.heard()).toBe('IR S:run INIT RETRY A:text R:ok S:idle');
  });

  it.each([
    ['hang', 'request', 'IR S:run INIT'],
    ['hang', 'stream', 'IR S:run INIT'],
    ['cut', 'request', 'IR S:run INIT RETRY A:synth R:ok+err S:idle'],
    ['cut', 'stream', 'IR S:run INIT RETRY A:synth R:ok+err S:idle'],
  ] as const)('%s at the %s', (kind, at, heard) => {
    const { world, claude } = started({ faults: { model: () => ({ kind, at }) } });
    claude.say('hi');
    world.pass(60_000);
    expect(claude.heard()).toBe(heard);
  });

  it('of the start end the process, or make it deaf', () => {
    const kinds = [{ kind: 'exit', code: 7, stderr: 'no licence\n', afterMs: 50 }, { kind: 'silent' }] as const;
    const world = new RawMachine(rules, { faults: { start: ({ number }) => kinds[number - 1] ?? null } });
    const [bad, deaf] = [world.start(), world.start()];
    deaf.control('c1', { subtype: 'initialize' });
    world.pass(10_000);
    expect([bad.stderr, bad.exit]).toEqual(['no licence\n', { code: 7, signal: null }]);
    expect([deaf.heard(), deaf.exit]).toEqual(['', null]);
    deaf.kill('SIGTERM');
    world.pass(1_000);
    expect(deaf.exit).toEqual({ code: 143, signal: null });
  });
});

it('lets a gate of the model wait until it is opened', () => {
  const world = new RawMachine([{ when: { user: 'hi' }, reply: [text('a'), { do: 'gate', name: 'g' }, text('b')] }]);
  const claude = world.start();
  claude.say('hi');
  world.pass(60_000);
  expect(claude.heard()).toBe('S:run INIT');
  expect(world.claude.gates.reached('g')).toBe(true);
  world.claude.gates.open('g');
  world.pass(1_000);
  expect(claude.heard()).toBe('A:text A:text R:ok S:idle');
});
