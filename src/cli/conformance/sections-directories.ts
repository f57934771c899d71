import { LABEL, type Script, type Section } from './script.ts';

const LIST = ['list-sessions', '-F', '#{session_name}'];
const NOBODY = 65_534;

/** Modes of the socket directory, TMUX_TMPDIR, `-S`, configuration files. */
const directories: Section = {
  name: 'directories',
  async play(s: Script) {
    await s.fresh();
    await s.q('kill-server');
    await s.wait(200);
    for (const mode of ['777', '755', '770', '701']) await withMode(s, mode);
    if (s.arm.uid === 0) for (const mode of ['500', '000']) await withMode(s, mode);
    s.arm.chmod(s.directory, 0o700);
    if (s.arm.uid === 0) await asNobody(s);
    await elsewhere(s);
    await paths(s);
  },
};

async function withMode(s: Script, mode: string): Promise<void> {
  s.arm.chmod(s.directory, Number.parseInt(mode, 8));
  await s.t(`perm/${mode}/list-sessions`, ['list-sessions']);
  await s.t(`perm/${mode}/new-session`, ['new-session', '-d', '-s', 'p', 'exec cat']);
  await s.q('kill-server');
  await s.wait(150);
}

/** The same for a user who is not root. */
async function asNobody(s: Script): Promise<void> {
  const base = `${s.arm.base}/nr`;
  const directory = `${base}/tmux-${NOBODY}`;
  s.arm.chmod(s.arm.base, 0o711);
  s.arm.mkdir(base, NOBODY);
  s.arm.mkdir(directory, NOBODY);
  const options = { uid: NOBODY, env: { TMUX_TMPDIR: base, HOME: '/' } };
  for (const mode of ['700', '500', '000', '755']) {
    s.arm.chmod(directory, Number.parseInt(mode, 8));
    await s.t(`perm-nonroot/${mode}/list-sessions`, ['list-sessions'], options);
    await s.t(`perm-nonroot/${mode}/new-session`, ['new-session', '-d', '-s', 'p'], options);
    await s.arm.tmux(['-L', LABEL, 'kill-server'], options);
    await s.wait(150);
  }
  s.arm.chmod(directory, 0o700);
  await s.run('other-user-socket/as-root-list-sessions', ['-L', LABEL, 'list-sessions'], {
    env: { TMUX_TMPDIR: base },
  });
}

async function elsewhere(s: Script): Promise<void> {
  s.arm.remove(s.directory);
  s.arm.writeFile(s.directory, 'x\n');
  await s.t('perm/is-a-file/list-sessions', ['list-sessions']);
  s.arm.remove(s.directory);
  const fallback = ['-L', `${LABEL}-fallback`, 'list-sessions'];
  await s.run('tmpdir-missing/list-sessions', fallback, { env: { TMUX_TMPDIR: '/definitely/missing' } });
  await s.run('tmpdir-empty/list-sessions', fallback, { env: { TMUX_TMPDIR: '' } });
  await s.run('tmpdir-relative/list-sessions', fallback, { env: { TMUX_TMPDIR: 'relative' } });
  const long = `${s.arm.base}/${'d'.repeat(120)}`;
  s.arm.mkdir(long);
  const options = { env: { TMUX_TMPDIR: long } };
  await s.run('tmpdir-too-long/list-sessions', ['-L', LABEL, 'list-sessions'], options);
  await s.run('tmpdir-too-long/new-session', ['-L', LABEL, 'new-session', '-d', '-s', 'x'], options);
}

async function paths(s: Script): Promise<void> {
  await s.run('S-missing-dir/list-sessions', ['-S', '/definitely/missing/s', 'list-sessions']);
  await s.run('S-missing-dir/new-session', ['-S', '/definitely/missing/s', 'new-session', '-d', '-s', 'x']);
  const socket = `${s.arm.base}/alt.sock`;
  await s.run('S-ok/new-session', ['-S', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'x', 'exec cat']);
  await s.run('S-ok/list-sessions', ['-S', socket, ...LIST]);
  await s.run('S-ok/kill-server', ['-S', socket, 'kill-server']);
  await s.run('L-slash/list-sessions', ['-L', 'a/b', 'list-sessions']);

  const create = ['new-session', '-d', '-s', 'x', 'exec cat'];
  await s.run('config-missing/new-session', ['-L', LABEL, '-f', '/definitely/missing.conf', ...create]);
  await s.wait(100);
  await s.run('config-missing/ls', ['-L', LABEL, ...LIST]);
  await s.q('kill-server');
  await s.wait(200);
  const config = `${s.arm.base}/bad.conf`;
  s.arm.writeFile(config, 'no-such-command\nset -g no-such-opt 1\n');
  await s.run('config-bad/new-session', ['-L', LABEL, '-f', config, ...create]);
  await s.wait(100);
  await s.run('config-bad/ls', ['-L', LABEL, ...LIST]);
  await s.q('kill-server');
  await s.wait(200);
  await s.run('term-empty/new-session', ['-L', LABEL, '-f', '/dev/null', ...create], { env: { TERM: '' } });
  await s.q('kill-server');
}

export const DIRECTORY_SECTIONS: readonly Section[] = [directories];
