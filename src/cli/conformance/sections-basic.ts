import type { Script, Section } from './script.ts';

/** Version, usage, and what each command says when there is no server. */
const noServer: Section = {
  name: 'no-server',
  async play(s: Script) {
    await s.run('version', ['-V']);
    await s.run('bad-flag-global', ['-Z']);

    // The socket directory does not exist yet.
    await s.t('noserver-nodir/list-sessions', ['list-sessions']);
    const made = s.arm.exists(s.directory);
    s.emit('noserver-nodir/socket-dir-created', ['ls', '-ld', s.directory], {
      exit: made ? 0 : 2,
      stdout: '',
      stderr: '',
    });

    // The directory exists, the socket file does not; attach-session leaves one behind.
    await s.all('noserver', 'x');
    await s.t('noserver/list-sessions', ['list-sessions']);
    await s.t('noserver/kill-server', ['kill-server']);
    await s.t('noserver/wait-for', ['wait-for', 'ch']);
    await s.t('noserver/wait-for-signal', ['wait-for', '-S', 'ch']);
    await s.t('noserver/start-server', ['start-server']);
    await s.t('noserver/after-start-server/list-sessions', ['list-sessions']);
    await s.t('noserver/no-command-no-tty', []);
    await s.t('noserver/unknown-command', ['frobnicate']);

    // The socket file of a server that ended normally is still there.
    await s.fresh();
    await s.q('kill-server');
    await s.wait(200);
    await s.all('ended', 'x');
    await s.t('ended/list-sessions', ['list-sessions']);
    await s.t('ended/kill-server', ['kill-server']);
    await s.t('ended/wait-for', ['wait-for', 'ch']);
    await s.t('ended/wait-for-signal', ['wait-for', '-S', 'ch']);
  },
};

/** The first new-session starts a server. */
const newSession: Section = {
  name: 'new-session',
  async play(s: Script) {
    const names = ['list-sessions', '-F', '#{session_name}'];
    await s.t('new/first', ['new-session', '-d', '-s', 'alpha', '-x', '80', '-y', '24', 'exec cat']);
    await s.t('new/list-sessions', ['list-sessions', '-F', '#{session_name} #{session_windows} #{session_attached}']);
    await s.t('new/dup', ['new-session', '-d', '-s', 'alpha']);
    await s.t('new/dup-A-detached', ['new-session', '-A', '-d', '-s', 'alpha']);
    await s.t('new/no-d-no-tty', ['new-session', '-s', 'nod']);
    const ids = '#{session_name} #{session_id} #{window_id} #{pane_id}';
    await s.t('new/print-info', ['new-session', '-d', '-P', '-F', ids, '-s', 'beta', 'exec cat']);
    await s.t('new/auto-name', ['new-session', '-d', '-P', '-F', '#{session_name}', 'exec cat']);
    await s.t('new/no-command-default-shell', ['new-session', '-d', '-P', '-F', '#{session_name}', '-s', 'shell']);
    await s.t('new/cwd-missing', ['new-session', '-d', '-s', 'cwdm', '-c', '/definitely/missing', 'exec cat']);
    await s.wait(100);
    await s.t('new/cwd-missing/path', ['display-message', '-p', '-t', 'cwdm:', '#{pane_current_path}']);
    const show = 'printf "[%s]\\n" "$FOO"; exec cat';
    await s.t('new/env', ['new-session', '-d', '-s', 'envs', '-e', 'FOO=bar', show]);
    await s.wait(200);
    await s.t('new/env/captured', ['capture-pane', '-p', '-t', 'envs:']);
    await s.t('new/size-default', ['new-session', '-d', '-s', 'sized', 'exec cat']);
    const size = '#{window_width}x#{window_height}';
    await s.t('new/size-default/show', ['display-message', '-p', '-t', 'sized:', size]);
    await s.t('up/unknown-command', ['frobnicate']);
    await s.t('up/ambiguous-command', ['li']);
    await s.t('up/no-command-no-tty', []);
    await s.t('new/size-bad', ['new-session', '-d', '-s', 'badsize', '-x', '0', '-y', '0']);
    await s.t('new/unknown-flag', ['new-session', '-d', '-Q']);
    await s.t('new/nested-env-TMUX', ['list-sessions', '-F', 'x']);
    const bogus = { env: { TMUX: '/nonexistent,1,0' } };
    await s.t('new/env-TMUX-bogus-with-L', names, bogus);
    await s.run('new/env-TMUX-bogus-socket-no-L', ['list-sessions'], bogus);
    await s.run('new/env-TMUX-valid-socket-no-L', names, { env: { TMUX: `${s.socket},1,0` } });
  },
};

/** The server is up, what is asked for is not there. */
const missing: Section = {
  name: 'missing-target',
  async play(s: Script) {
    await s.fresh();
    await s.all('missing', 'nosuch');
    await s.all('missing-colon', 'nosuch:');
    await s.all('missing-exact', '=nosuch');
    await s.t('missing/pane-id', ['display-message', '-p', '-t', '%99', '#{pane_id}']);
    await s.t('missing/pane-id-send-keys', ['send-keys', '-t', '%99', 'x']);
    await s.t('missing/session-id', ['has-session', '-t', '$99']);
    await s.t('missing/window', ['has-session', '-t', 'base:7']);
    await s.t('missing/window-send-keys', ['send-keys', '-t', 'base:7', 'x']);
    await s.t('missing/pane-index', ['send-keys', '-t', 'base:0.5', 'x']);
    await s.t('missing/display-no-target', ['display-message', '-p', '#{session_name}']);
    await s.t('missing/empty-target', ['has-session', '-t', '']);
    await s.t('missing/no-target-flag', ['has-session']);
  },
};

export const BASIC_SECTIONS: readonly Section[] = [noServer, newSession, missing];
