import { describe, expect, it } from 'vitest';
import { RawMachine } from './raw.ts';
import { rules, started } from './started.ts';

const ONE = '00000000-0000-4000-8000-000000000001';
const TWO = '00000000-0000-4000-8000-000000000002';
const THREE = '00000000-0000-4000-8000-000000000003';

describe('start', () => {
  it('says nothing before it is written to, and answers initialize first', () => {
    const world = new RawMachine(rules);
    const claude = world.start();
    world.pass(5_000);
    expect(claude.heard()).toBe('');
    claude.control('c1', { subtype: 'initialize' });
    world.pass(10);
    expect(claude.heard()).toBe('IR');
    expect(claude.last.response.response.pid).toBe(claude.proc.pid);
  });

  it('announces the session at every turn, not at the start', () => {
    const { world, claude } = started();
    claude.say('hi');
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run INIT A:text R:ok S:idle');
    claude.say('hi');
    world.pass(5_000);
    expect(claude.heard()).toBe('S:run INIT A:text R:ok S:idle');
  });

  it('tells the background tasks after each further initialize', () => {
    const { world, claude } = started();
    world.pass(1_000);
    claude.control('c2', { subtype: 'initialize' });
    world.pass(1_000);
    expect(claude.heard()).toBe('IR IR BG');
    expect(world.claude.truths[0]?.initializeRequests).toBe(2);
  });

  it('keeps quiet about states unless it is asked for them', () => {
    const world = new RawMachine(rules);
    const claude = world.startWithoutStates();
    claude.say('touch');
    world.pass(2_000);
    claude.answer({ behavior: 'allow', updatedInput: { command: 'touch made' } });
    world.pass(2_000);
    expect(claude.heard()).toBe('INIT A:tool Q:perm U:res A:text R:ok');
  });
});

describe('messages', () => {
  it('has a lifecycle for messages with a uuid', () => {
    const { world, claude } = started();
    claude.say('hi', ONE);
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run L:q1 L:s1 INIT A:text R:ok L:c1 S:idle');
    expect(claude.of('result').user_message_uuids).toEqual([ONE]);
  });

  it('swallows a message whose uuid was used', () => {
    const { world, claude } = started();
    claude.say('hi', ONE);
    world.pass(5_000);
    claude.heard();
    claude.say('third', ONE);
    world.pass(60_000);
    expect(claude.heard()).toBe('S:idle');
    expect(world.claude.truths[0]).toMatchObject({ swallowed: [ONE], messages: [{ uuid: ONE, text: 'hi' }] });
  });

  it('works on the first of three, then on the others together', () => {
    const { world, claude } = started();
    claude.say('slow', ONE);
    claude.say('hi', TWO);
    claude.say('third', THREE);
    world.pass(5_000);
    expect(claude.heard()).toBe(
      'IR S:run L:q1 L:s1 L:q2 L:q3 INIT A:text R:ok L:c1 L:s2 L:s3 INIT A:text R:ok L:c2 L:c3 S:idle',
    );
    expect(claude.of('result')).toMatchObject({ user_message_uuid: THREE, user_message_uuids: [TWO, THREE] });
  });

  it('takes a message that comes while a tool runs into the same turn', () => {
    const { world, claude } = started();
    claude.say('nap', ONE);
    world.pass(1_200);
    claude.say('hi', TWO);
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run L:q1 L:s1 INIT A:tool L:q2 U:res L:s2 A:text L:c2 R:ok L:c1 S:idle');
    expect(claude.of('result')).toMatchObject({ user_message_uuid: ONE, user_message_uuids: [ONE, TWO], num_turns: 2 });
  });
});

describe('interrupts', () => {
  it('is answered when nothing runs, and nothing else happens', () => {
    const { world, claude } = started();
    world.pass(1_000);
    claude.control('c2', { subtype: 'interrupt' });
    world.pass(1_000);
    expect(claude.heard()).toBe('IR CR');
    expect(claude.last.response.response).toEqual({ still_queued: [] });
  });

  it('before the first turn lets it start and end without a request', () => {
    const { world, claude } = started();
    claude.say('hi', ONE);
    claude.control('c2', { subtype: 'interrupt' });
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run L:q1 CR L:s1 INIT U:intr R:aborted_streaming L:cx1 S:idle');
    expect(claude.frames.find(({ response }) => response?.request_id === 'c2')?.response.response).toEqual({
      still_queued: [ONE],
    });
    expect(world.claude.truths[0]?.requests).toBe(0);
  });

  it('of a request that hangs ends the turn within 25 ms', () => {
    const { world, claude } = started();
    claude.say('stuck');
    world.pass(5_000);
    claude.heard();
    claude.control('c2', { subtype: 'interrupt' });
    world.pass(25);
    expect(claude.heard()).toBe('CR U:intr R:aborted_streaming S:idle');
  });

  it('leaves a queued message, which runs next', () => {
    const { world, claude } = started();
    claude.say('slow', ONE);
    world.pass(900);
    claude.say('hi', TWO);
    world.pass(20);
    claude.control('c2', { subtype: 'interrupt' });
    world.pass(5_000);
    expect(claude.heard()).toBe(
      'IR S:run L:q1 L:s1 INIT L:q2 CR A:text! U:intr R:aborted_streaming L:cx1 L:s2 INIT A:text R:ok L:c2 S:idle',
    );
  });

  it('twice is answered twice and ends the turn once', () => {
    const { world, claude } = started();
    claude.say('slow');
    world.pass(950);
    claude.control('c2', { subtype: 'interrupt' });
    claude.control('c3', { subtype: 'interrupt' });
    world.pass(5_000);
    expect(claude.heard()).toBe('IR S:run INIT CR CR A:text! U:intr R:aborted_streaming S:idle');
  });

  it('kills the shell of a running command', () => {
    const { world, claude } = started();
    claude.say('sleep');
    world.pass(1_500);
    expect([...world.machine.processes.values()].map(({ argv }) => argv[0])).toEqual(['claude', '/bin/bash', 'sleep']);
    claude.control('c2', { subtype: 'interrupt' });
    world.pass(100);
    expect(claude.heard()).toBe('IR S:run INIT A:tool CR U:res-err U:intr R:aborted_tools S:idle');
    expect([...world.machine.processes.values()].map(({ argv }) => argv[0])).toEqual(['claude']);
  });

  it('through the refusal of a permission ends the turn without an answer of its own', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(2_000);
    claude.answer({ behavior: 'deny', message: 'Stop.', interrupt: true });
    world.pass(2_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm S:run U:res-err U:intr R:aborted_tools S:idle');
    expect(claude.of('result').permission_denials).toHaveLength(1);
  });
});

describe('permissions', () => {
  it('waits for ever for an answer', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(3_600_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm');
  });

  it('runs what the host made of the command', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(2_000);
    claude.answer({ behavior: 'allow', updatedInput: { command: 'touch other' } });
    world.pass(2_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm S:run U:res A:text R:ok S:idle');
    expect([...world.claude.files]).toEqual(['/home/dev/workspace/other']);
  });

  it('tells the model about an answer that it cannot read', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(2_000);
    claude.answer({ behavior: 'maybe' });
    world.pass(2_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm S:run U:res-err A:text R:ok S:idle');
    expect(world.claude.files.size).toBe(0);
  });

  it('ignores a second answer', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(2_000);
    claude.answer({ behavior: 'allow', updatedInput: { command: 'touch made' } });
    claude.answer({ behavior: 'deny', message: 'late' });
    world.pass(2_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm S:run U:res A:text R:ok S:idle');
  });

  it('gives up the question when stdin ends, and finishes', () => {
    const { world, claude } = started();
    claude.say('touch');
    world.pass(2_000);
    claude.end();
    world.pass(2_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool S:act Q:perm S:run U:res-err A:text R:ok S:idle');
    expect(claude.exit).toEqual({ code: 0, signal: null });
  });
});

describe('commands', () => {
  it('that run longer than three seconds become tasks', () => {
    const { world, claude } = started();
    claude.say('long');
    world.pass(10_000);
    expect(claude.heard()).toBe('IR S:run INIT A:tool TS TN:completed U:res A:text R:ok S:idle');
  });

  it('outlive a claude that is killed', () => {
    const { world, claude } = started();
    claude.say('sleep');
    world.pass(1_500);
    world.machine.kill(0, -claude.proc.pid, 'SIGKILL');
    world.pass(1);
    expect(claude.exit).toEqual({ code: null, signal: 'SIGKILL' });
    const orphans = [...world.machine.processes.values()];
    expect(orphans.map(({ argv, parent }) => [argv[0], parent?.argv[0]])).toEqual([
      ['/bin/bash', undefined],
      ['sleep', '/bin/bash'],
    ]);
    world.pass(60_000);
    expect(world.machine.processes.size).toBe(0);
  });
});
