import { describe, expect, it } from 'vitest';
import { create, Host } from './host.ts';

/** A host whose server is stopped, with session `a`. */
function stopped(): Host {
  const host = new Host();
  host.run(create('a'));
  host.tmux.stall();
  return host;
}

describe('a server that is stopped', () => {
  it('lets clients hang; one that is terminated exits 0 with nothing to say', () => {
    const host = stopped();
    const client = host.start(['has-session', '-t', 'nosuch']);
    host.wait(3_000);
    expect(client.end).toBeUndefined();
    host.signal(client.proc.pid, 'SIGTERM');
    expect(client).toMatchObject({ end: 0, stdout: '', stderr: '' });
  });

  it.each(['SIGINT', 'SIGUSR1'] as const)('has clients that ignore %s', (signal) => {
    const host = stopped();
    const client = host.start(['list-sessions']);
    host.wait(100);
    host.signal(client.proc.pid, signal);
    host.wait(100);
    expect(client.end).toBeUndefined();
    host.signal(client.proc.pid, 'SIGHUP');
    expect(client.end).toBe(0);
  });

  it('kills a client by the signal before it has installed its handlers', () => {
    const host = stopped();
    const client = host.start(['has-session']);
    host.signal(client.proc.pid, 'SIGTERM');
    expect(client.end).toBe('SIGTERM');
    host.tmux.resume();
    host.wait(10);
    expect(host.tmux.servers()[0]!.queued).toEqual([]);
  });

  it('carries out what dead clients asked for when it goes on, in order', () => {
    const host = stopped();
    for (const args of [create('late'), ['kill-session', '-t', '=a'], ['rename-session', '-t', 'late', 'later']]) {
      const client = host.start(args);
      host.wait(50);
      host.signal(client.proc.pid, 'SIGKILL');
    }
    const { queued } = host.tmux.servers()[0]!;
    expect(queued.map(({ words }) => words[0])).toEqual(['new-session', 'kill-session', 'rename-session']);
    expect(host.names()).toEqual(['a']);
    host.tmux.resume();
    host.wait(10);
    expect(host.names()).toEqual(['later']);
    expect(host.events.slice(1).map(({ type, name }) => `${type} ${name}`)).toEqual([
      'created late',
      'killed a',
      'renamed later',
    ]);
  });

  it('answers those who still wait', () => {
    const host = stopped();
    const client = host.start(['list-sessions', '-F', '#S']);
    host.wait(500);
    host.tmux.resume();
    host.wait(5);
    expect(client).toMatchObject({ end: 0, stdout: 'a\n' });
  });

  it('does not notice that a pane ended', () => {
    const host = stopped();
    host.signal(host.tmux.named('a')[0]!.panes[0]!.pid!, 'SIGKILL');
    host.wait(100);
    expect(host.tmux.named('a')[0]!.panes[0]!.alive).toBe(false);
    host.tmux.resume();
    host.wait(5);
    expect(host.tmux.servers()).toEqual([]);
  });

  it('has a backlog of 129; who comes later blocks and does not even heed SIGTERM, yet is served', () => {
    const host = stopped();
    const clients = Array.from({ length: 133 }, (_, index) => host.start(['set-environment', '-g', `V${index}`, '1']));
    host.wait(50);
    for (const { proc } of clients) host.signal(proc.pid, 'SIGTERM');
    host.wait(50);
    expect(clients.filter(({ end }) => end === undefined)).toHaveLength(4);
    host.tmux.resume();
    host.wait(50);
    expect(clients.filter(({ end }) => end === 0)).toHaveLength(133);
    const { stdout } = host.run(['show-environment', '-g']);
    expect(stdout.match(/^V\d+=1$/gm)).toHaveLength(133);
  });

  it('dismisses those who wait behind a kill-server: one served, three told to go, the others cut off', () => {
    const host = stopped();
    const clients = [['kill-server'], ...Array.from({ length: 6 }, (_, n) => ['display-message', '-p', `c${n}`])].map(
      (args) => {
        const client = host.start(args);
        host.wait(10);
        return client;
      },
    );
    host.tmux.resume();
    host.wait(10);
    const lost = 'server exited unexpectedly\n';
    expect(clients.map(({ end, stdout, stderr }) => [end, stdout + stderr])).toEqual([
      [0, ''],
      [0, 'c0\n'],
      [0, ''],
      [0, ''],
      [0, ''],
      [1, lost],
      [1, lost],
    ]);
    expect(host.tmux.servers()).toEqual([]);
  });

  it('cuts everybody off when it is killed', () => {
    const host = stopped();
    const client = host.start(['has-session']);
    host.wait(10);
    host.tmux.kill();
    host.wait(10);
    expect(client).toMatchObject({ end: 1, stdout: '', stderr: 'server exited unexpectedly\n' });
  });
});
