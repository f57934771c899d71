import { describe, expect, it } from 'vitest';
import { create, Host } from './host.ts';

const SOCKET = '/tmp/tmux-1000/default';

describe('the server', () => {
  it('is a process of its own, and panes are its children, each leading a group', () => {
    const host = new Host();
    host.run(create('a'));
    const server = host.server();
    const pane = host.machine.processes.get(host.tmux.named('a')[0]!.panes[0]!.pid!)!;
    expect(server.parent).toBeNull();
    expect(server.pgid).toBe(server.pid);
    expect(pane.parent).toBe(server);
    expect(pane.pgid).toBe(pane.pid);
  });

  it('exits with its last session and leaves its socket file', () => {
    const host = new Host();
    host.run(create('a'));
    host.run(['kill-session', '-t', '=a']);
    host.wait(5);
    expect(host.tmux.servers()).toEqual([]);
    expect(host.tmux.files.get(SOCKET)).toMatchObject({ kind: 'socket', listener: null });
    expect(host.run(['has-session'])).toMatchObject({ end: 1, stderr: `no server running on ${SOCKET}\n` });
  });

  it('lives on when another client asks for a session while the last one goes', () => {
    const host = new Host();
    host.run(create('a'));
    const { pid } = host.server();
    host.tmux.stall();
    const clients = [['kill-session', '-t', 'a'], ['has-session', '-t', 'a'], create('b')].map((args) =>
      host.start(args),
    );
    host.wait(10);
    host.tmux.resume();
    host.wait(10);
    expect(clients.map(({ end, stderr }) => [end, stderr])).toEqual([
      [0, ''],
      [1, 'no current target\n'],
      [0, ''],
    ]);
    expect(host.names()).toEqual(['b']);
    expect(host.server().pid).toBe(pid);
  });

  it('takes its panes with it when it is killed, but not one that ignores SIGHUP', () => {
    const host = new Host();
    host.run(create('a'));
    host.run(create('b', 'stubborn'));
    const [a, b] = ['a', 'b'].map((name) => host.machine.processes.get(host.tmux.named(name)[0]!.panes[0]!.pid!)!);
    host.tmux.kill();
    expect(a!.state).toBe('dead');
    expect(b!.alive).toBe(true);
    expect(b!.parent).toBeNull();
    expect(host.events.slice(2).map(({ type, name, cause }) => [type, name, cause])).toEqual([
      ['ended', 'a', 'server died'],
      ['ended', 'b', 'server died'],
    ]);
    expect(host.run(['has-session', '-t', 'a']).stderr).toBe(`no server running on ${SOCKET}\n`);
  });

  it('can be started a second time when its socket file is removed, and takes the path back on SIGUSR1', () => {
    const host = new Host();
    host.run(create('first'));
    const first = host.server();
    host.tmux.files.remove(SOCKET);
    expect(host.run(['has-session', '-t', 'first'])).toMatchObject({
      end: 1,
      stderr: `error connecting to ${SOCKET} (No such file or directory)\n`,
    });
    host.run(create('second'));
    expect(host.run(['has-session', '-t', 'first']).stderr).toBe("can't find session: first\n");
    expect(host.tmux.servers().map(({ reachable }) => reachable)).toEqual([false, true]);
    host.signal(first.pid, 'SIGUSR1');
    expect(host.run(['list-sessions', '-F', '#S']).stdout).toBe('first\n');
    expect(host.tmux.servers().map(({ reachable }) => reachable)).toEqual([true, false]);
    expect(host.names()).toEqual(['first', 'second']);
  });

  it('is told apart by user, socket name and directory', () => {
    const host = new Host();
    host.run(create('mine'));
    host.run(create('theirs'), { uid: 1001 });
    host.run(['-L', 'other', ...create('named')]);
    host.run(create('elsewhere'), { env: { TMUX_TMPDIR: '/run/x' } });
    expect(host.tmux.servers().map(({ socketPath }) => socketPath)).toEqual([
      SOCKET,
      '/tmp/tmux-1001/default',
      '/tmp/tmux-1000/other',
      '/run/x/tmux-1000/default',
    ]);
    expect(host.run(['list-sessions', '-F', '#S']).stdout).toBe('mine\n');
  });

  it('refuses a socket directory that others may enter', () => {
    const host = new Host();
    host.run(create('a'));
    const directory = host.tmux.files.get('/tmp/tmux-1000')!;
    directory.mode = 0o755;
    const refused = { end: 1, stdout: '', stderr: 'directory /tmp/tmux-1000 has unsafe permissions\n' };
    expect(host.run(['has-session', '-t', 'a'])).toMatchObject(refused);
    expect(host.run(create('b'))).toMatchObject(refused);
    directory.mode = 0o700;
    expect(host.run(['has-session', '-t', 'a']).end).toBe(0);
  });

  it('says who ended which session', () => {
    const host = new Host();
    host.run(create('a'));
    host.run(create('b'));
    host.run(create('c'));
    const client = host.run(['kill-session', '-t', 'b']);
    host.signal(host.tmux.named('c')[0]!.panes[0]!.pid!, 'SIGTERM');
    host.wait(5);
    const last = host.run(['kill-server']);
    expect(host.events.slice(3).map(({ type, name, cause, clientPid }) => [type, name, cause, clientPid])).toEqual([
      ['killed', 'b', `kill-session of client ${client.proc.pid}`, client.proc.pid],
      ['ended', 'c', expect.stringMatching(/^pane %2 \(pid \d+\): SIGTERM$/), null],
      ['killed', 'a', `kill-server of client ${last.proc.pid}`, last.proc.pid],
    ]);
    const recorded = host.kernel.trace.entries.filter(({ actor }) => actor === 'tmux');
    expect(recorded.map(({ type, detail }) => `${type} ${detail}`)).toContain(
      `session.killed b kill-session of client ${client.proc.pid}`,
    );
  });

  it('goes on after a kill-session whose program ignores SIGHUP: the process stays, the session is gone', () => {
    const host = new Host();
    host.run(create('a', 'stubborn'));
    host.run(create('b'));
    const pane = host.machine.processes.get(host.tmux.named('a')[0]!.panes[0]!.pid!)!;
    host.run(['kill-session', '-t', '=a']);
    expect(host.names()).toEqual(['b']);
    expect(pane.alive).toBe(true);
    host.signal(pane.pid, 'SIGKILL');
    host.wait(5);
    expect(pane.state).toBe('dead');
    expect(host.names()).toEqual(['b']);
  });

  it('takes about 3 ms for a command', () => {
    const host = new Host();
    host.run(create('a'));
    const before = host.kernel.now;
    host.run(['has-session', '-t', 'a']);
    expect(host.kernel.now - before).toBe(3);
  });
});
