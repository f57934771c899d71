import { LABEL, type Script, type Section } from './script.ts';

const LIST = ['list-sessions', '-F', '#{session_name}'];

/** A server that is killed, ends, or loses its socket file. */
const death: Section = {
  name: 'server-death',
  async play(s: Script) {
    await s.fresh();
    s.arm.signal(await s.serverPid(), 'SIGKILL');
    await s.wait(200);
    s.ls('kill9/socket-file-remains', s.socket);
    await s.all('kill9', 'base');
    await s.t('kill9/list-sessions', ['list-sessions']);
    await s.t('kill9/new-session', ['new-session', '-d', '-s', 'base', 'exec cat']);
    await s.t('kill9/new-session/ls', LIST);
    s.arm.signal(await s.serverPid(), 'SIGTERM');
    await s.wait(300);
    await s.t('sigterm/list-sessions', ['list-sessions']);
    s.ls('sigterm/socket-file-remains', s.socket);

    await s.fresh();
    const server = await s.serverPid();
    s.arm.remove(s.socket);
    await s.t('socket-unlinked/list-sessions', ['list-sessions']);
    s.emit('socket-unlinked/server-alive', ['kill', '-0', 'SERVER'], {
      exit: 0,
      stdout: `server process alive: ${s.arm.alive(server) ? 'yes' : 'no'}\n`,
      stderr: '',
    });
    s.arm.signal(server, 'SIGUSR1');
    await s.wait(300);
    await s.t('socket-unlinked/after-SIGUSR1/ls', LIST);
    s.arm.remove(s.socket);
    await s.t('socket-unlinked/new-session', ['new-session', '-d', '-s', 'second', 'exec cat']);
    await s.t('socket-unlinked/ls', LIST);
    await s.q('kill-server');
    s.arm.signal(server, 'SIGKILL');
  },
};

/** Other things at the socket's place. */
const sockets: Section = {
  name: 'odd-sockets',
  async play(s: Script) {
    await s.fresh();
    await s.q('kill-server');
    await s.wait(200);
    s.arm.remove(s.socket);
    await s.arm.staleSocket(s.socket);
    await s.t('stale/list-sessions', ['list-sessions']);
    await s.t('stale/has-session', ['has-session', '-t', 'x']);
    await s.t('stale/new-session', ['new-session', '-d', '-s', 's1', 'exec cat']);
    await s.t('stale/new-session/ls', LIST);
    await s.q('kill-server');
    await s.wait(200);
    s.arm.remove(s.socket);
    s.arm.writeFile(s.socket, 'hi\n');
    await s.t('regular-file/list-sessions', ['list-sessions']);
    await s.t('regular-file/new-session', ['new-session', '-d', '-s', 's1', 'exec cat']);
    await s.q('kill-server');
    await s.wait(100);
    s.arm.remove(s.socket);
    s.arm.mkdir(s.socket);
    await s.t('directory/list-sessions', ['list-sessions']);
    await s.t('directory/new-session', ['new-session', '-d', '-s', 's1', 'exec cat']);
    s.arm.remove(s.socket);
    const mute = await s.arm.listen(s.socket, 'mute');
    await s.t('mute-listener/list-sessions', ['list-sessions']);
    await mute();
    s.arm.remove(s.socket);
    const closing = await s.arm.listen(s.socket, 'closing');
    await s.t('closing-listener/list-sessions', ['list-sessions']);
    await s.t('closing-listener/has-session', ['has-session', '-t', 'x']);
    await closing();
    s.arm.remove(s.socket);
  },
};

/** A server under SIGSTOP: clients hang, and what they asked for happens when it goes on. */
const stopped: Section = {
  name: 'stopped-server',
  async play(s: Script) {
    await s.fresh();
    const server = await s.serverPid();
    s.arm.signal(server, 'SIGSTOP');
    await s.t('hung/has-session', ['has-session', '-t', 'base']);
    await s.t('hung/list-sessions', ['list-sessions']);
    await s.t('hung/send-keys', ['send-keys', '-t', 'base', 'x']);
    await s.t('hung/kill-server', ['kill-server']);
    s.arm.signal(server, 'SIGCONT');
    await s.wait(300);
    await s.t('hung/after-CONT/ls', LIST);
  },
};

/** Eight clients want the same session of a server that does not run yet. */
const race: Section = {
  name: 'race',
  async play(s: Script) {
    const one = ['-L', LABEL, '-f', '/dev/null', 'new-session', '-d', '-s', 'same', 'exec cat'];
    const outcomes = await s.arm.together(Array.from({ length: 8 }, () => one));
    const count = (exit: number) => outcomes.filter((each) => each.exit === exit).length;
    const complaints = new Map<string, number>();
    for (const { stderr } of outcomes) if (stderr) complaints.set(stderr, (complaints.get(stderr) ?? 0) + 1);
    s.emit('race/8-parallel-same-name-cold', ['new-session', '-d', '-s', 'same'], {
      exit: 0,
      stdout: `exit0=${count(0)} exit1=${count(1)}\n`,
      stderr: [...complaints].map(([text, times]) => `${String(times).padStart(7)} ${text}`).join(''),
    });
    await s.t('race/ls', LIST);
  },
};

export const SERVER_SECTIONS: readonly Section[] = [death, sockets, stopped, race];
