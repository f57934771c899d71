import { describe, expect, it } from 'vitest';
import type { Proc } from '../../../src/world/proc.ts';
import { create, Host } from './host.ts';

/** The program of the only pane of a session. */
function paneOf(host: Host, session: string): Proc {
  return host.machine.processes.get(host.tmux.named(session)[0]!.panes[0]!.pid!)!;
}

function screen(host: Host, session: string): string {
  host.wait(5);
  return host.run(['capture-pane', '-p', '-t', `${session}:`]).stdout.trimEnd();
}

describe('the program of a pane', () => {
  it('inherits from the server, not from the client that asks for it, but for PATH and what -e says', () => {
    const host = new Host();
    host.run(create('first'), { env: { OF: 'first client', PATH: '/first' } });
    host.run(['new-session', '-d', '-s', 'a', '-e', 'EXTRA=1', '--', 'worker', '-'], {
      env: { OF: 'second client', PATH: '/second' },
    });
    const { env } = paneOf(host, 'a');
    expect(env).toMatchObject({ OF: 'first client', PATH: '/second', EXTRA: '1', TERM: 'tmux-256color' });
    const server = host.server().pid;
    expect(env.TMUX).toBe(`/tmp/tmux-1000/default,${server},1`);
    expect(env.TMUX_PANE).toBe('%1');
  });

  it('ends unnoticed when its server is new and the machine busy; the next end brings that to light', () => {
    const host = new Host();
    host.install('fails', (proc) => proc.exit(3));
    // A stall.
    host.delay = 3;
    host.run(['new-session', '-d', '-s', 'a', '--', 'fails', ';', 'set-option', '-p', 'remain-on-exit', 'on']);
    host.delay = 0;
    host.wait(10_000);
    const how = () => host.run(['list-panes', '-t', '=a:', '-F', '#{pane_dead} s#{pane_dead_status}']).stdout;
    expect([how(), paneOf(host, 'a').state]).toEqual(['1 s\n', 'zombie']);
    host.run(['new-session', '-d', '-s', 'b', '--', 'fails']);
    host.wait(10);
    expect(how()).toBe('1 s3\n');
  });

  it('starts in -c, in the directory of the client, in $HOME if that was deleted, in that of the server if -c is missing', () => {
    const host = new Host();
    host.run(create('first'), { cwd: '/srv' });
    host.machine.missingDirectories.add('/gone');
    host.run(['new-session', '-d', '-s', 'asked', '-c', '/data', '--', 'worker', '-']);
    host.run(['new-session', '-d', '-s', 'relative', '-c', 'sub', '--', 'worker', '-']);
    host.run(create('client'), { cwd: '/etc' });
    host.run(create('home'), { cwd: '/gone' });
    host.run(['new-session', '-d', '-s', 'missing', '-c', '/gone', '--', 'worker', '-']);
    const cwd = (name: string) => paneOf(host, name).cwd;
    expect(['asked', 'relative', 'client', 'home', 'missing'].map(cwd)).toEqual([
      '/data',
      '/home/u/sub',
      '/etc',
      '/home/u',
      '/srv',
    ]);
  });

  it('is executed directly when given as several words, by a shell when it is one', () => {
    const host = new Host();
    host.run(['new-session', '-d', '-s', 'words', '--', 'worker', 'a b', '$HOME']);
    host.run(['new-session', '-d', '-s', 'shell', 'exec worker "a b" $HOME']);
    expect(paneOf(host, 'words').argv).toEqual(['worker', 'a b', '$HOME']);
    expect(paneOf(host, 'shell').argv).toEqual(['worker', 'a b', '/home/u']);
  });

  it('may be missing: new-session succeeds, and a moment later the session is gone', () => {
    const host = new Host();
    host.run(create('a'));
    expect(host.run(['new-session', '-d', '-s', 'b', '--', 'nowhere', '-']).end).toBe(0);
    host.wait(5);
    expect(host.names()).toEqual(['a']);
    expect(host.events.at(-1)).toMatchObject({ type: 'ended', name: 'b', cause: expect.stringContaining('exit 1') });
  });

  it('takes those down that share its terminal', () => {
    const host = new Host();
    host.run(create('a'));
    host.run(['new-session', '-d', '-s', 'b', 'sleep 100; echo never']);
    const shell = paneOf(host, 'b');
    const sleeper = [...host.machine.processes.values()].find(({ parent }) => parent === shell)!;
    host.signal(shell.pid, 'SIGKILL');
    host.wait(5);
    expect(sleeper.alive).toBe(false);
    expect(host.names()).toEqual(['a']);
  });

  it('stays on its screen with remain-on-exit, with its status', () => {
    const host = new Host();
    host.run([...create('a'), ';', 'set-option', '-g', 'remain-on-exit', 'on']);
    host.run(['new-session', '-d', '-s', 'b', 'echo hello; echo there; exit 7']);
    const format = '#{pane_dead} #{pane_dead_status}';
    host.wait(5);
    expect(host.run(['display-message', '-p', '-t', 'b:', format]).stdout).toBe('1 7\n');
    expect(screen(host, 'b')).toMatch(/^there\n+Pane is dead \(status 7, Thu Jan {2}1 00:00:00 2026\)$/);
    expect(host.tmux.named('b')[0]!.panes[0]).toMatchObject({ alive: false });
    expect(host.run(['respawn-pane', '-t', 'b:', 'exec cat']).end).toBe(0);
    expect(host.tmux.named('b')[0]!.panes[0]).toMatchObject({ alive: true });
  });
});

describe('the terminal of a pane', () => {
  const withCat = (): Host => {
    const host = new Host();
    host.run(['new-session', '-d', '-s', 'a', '-x', '20', '-y', '5', 'exec cat']);
    return host;
  };
  const type = (host: Host, ...keys: string[]) => host.run(['send-keys', '-t', 'a:', ...keys]);

  it('echoes what is typed and gives the program whole lines', () => {
    const host = withCat();
    type(host, 'hel');
    expect(screen(host, 'a')).toBe('hel');
    type(host, 'lo', 'BSpace', 'p', 'Enter');
    expect(screen(host, 'a')).toBe('hellp\nhellp');
  });

  it('ends the program on C-c and on C-d at the start of a line', () => {
    for (const key of ['C-c', 'C-d']) {
      const host = withCat();
      type(host, key);
      host.wait(5);
      expect(host.tmux.servers()).toEqual([]);
    }
  });

  it('gives a program an unfinished line on C-d', () => {
    const host = withCat();
    type(host, 'abc', 'C-d');
    expect(screen(host, 'a')).toBe('abcabc');
  });

  it('is copied to a pipe', () => {
    const host = withCat();
    host.run(['pipe-pane', '-t', 'a:', 'cat >> /tmp/copy']);
    type(host, 'x', 'Enter');
    host.wait(5);
    expect(host.tmux.files.get('/tmp/copy')).toMatchObject({ content: 'x\r\nx\r\n' });
    host.run(['pipe-pane', '-t', 'a:']);
    type(host, 'y', 'Enter');
    host.wait(5);
    expect(host.tmux.files.get('/tmp/copy')).toMatchObject({ content: 'x\r\nx\r\n' });
  });
});
