import type { Script, Section } from './script.ts';

/** Commands that end, with and without remain-on-exit. */
const exits: Section = {
  name: 'commands-that-end',
  async play(s: Script) {
    await s.fresh();
    await s.t('exited/quick-true', ['new-session', '-d', '-s', 'quick', 'true']);
    await s.wait(300);
    await s.t('exited/quick-true/has', ['has-session', '-t', 'quick']);
    await s.t('exited/not-found', ['new-session', '-d', '-s', 'nf', 'no-such-command-xyz']);
    await s.wait(300);
    await s.t('exited/not-found/has', ['has-session', '-t', 'nf']);
    await s.t('exited/argv-not-found', ['new-session', '-d', '-s', 'nf2', '/nonexistent/bin', 'arg']);
    await s.wait(300);
    await s.t('exited/argv-not-found/has', ['has-session', '-t', 'nf2']);
    await s.t('exited/last-session', ['kill-session', '-t', 'base']);
    await s.wait(200);
    await s.t('exited/last-session/ls', ['list-sessions']);
    await s.t('exited/last-session/new-again', ['new-session', '-d', '-s', 'base', 'exec cat']);

    await s.q('set-option', '-g', 'remain-on-exit', 'on');
    await s.t('remain/new', ['new-session', '-d', '-s', 'dead', 'echo out; echo err >&2; exit 3']);
    await s.deathsNoticed();
    await s.t('remain/has', ['has-session', '-t', 'dead']);
    const state =
      'dead=#{pane_dead} status=#{pane_dead_status} signal=#{pane_dead_signal} cmd=#{pane_current_command} pid0=#{?pane_pid,set,unset}';
    await s.t('remain/list-panes', ['list-panes', '-t', 'dead', '-F', state]);
    await s.t('remain/capture', ['capture-pane', '-p', '-t', 'dead:']);
    await s.t('remain/send-keys', ['send-keys', '-t', 'dead:', 'hello', 'Enter']);
    await s.t('remain/pipe-pane', ['pipe-pane', '-t', 'dead:', 'cat >/dev/null']);
    await s.t('remain/respawn', ['respawn-pane', '-t', 'dead:', 'exec cat']);
    await s.wait(100);
    await s.t('remain/respawn/dead', ['display-message', '-p', '-t', 'dead:', '#{pane_dead}']);
    await s.t('remain/respawn-live', ['respawn-pane', '-t', 'dead:', 'exec cat']);
    await s.t('remain/respawn-live-k', ['respawn-pane', '-k', '-t', 'dead:', 'exec cat']);
    await s.t('remain/signal', ['new-session', '-d', '-s', 'sig', 'kill -9 $$']);
    await s.deathsNoticed();
    const how = 'dead=#{pane_dead} status=#{pane_dead_status} signal=#{pane_dead_signal}';
    await s.t('remain/signal/list', ['list-panes', '-t', 'sig', '-F', how]);
    await s.t('remain/signal/capture', ['capture-pane', '-p', '-t', 'sig:']);
    await s.t('remain/not-found', ['new-session', '-d', '-s', 'rnf', 'no-such-command-xyz']);
    await s.deathsNoticed();
    const status = 'dead=#{pane_dead} status=#{pane_dead_status}';
    await s.t('remain/not-found/list', ['list-panes', '-t', 'rnf', '-F', status]);
    await s.t('remain/not-found/capture', ['capture-pane', '-p', '-t', 'rnf:']);
  },
};

/** Formats, and keys up to the length that tmux refuses. */
const keys: Section = {
  name: 'formats-and-keys',
  async play(s: Script) {
    await s.fresh();
    await s.t('fmt/unknown', ['display-message', '-p', '-t', 'base:', '[#{no_such_format}]']);
    await s.t('fmt/list-panes-all', ['list-panes', '-a', '-F', '#{session_name} #{pane_index}']);
    const pane = '#{pane_id} #{pane_dead} #{pane_current_command}';
    await s.t('fmt/list-panes-session', ['list-panes', '-s', '-t', 'base', '-F', pane]);
    const isPid = '#{?#{e|>:#{pane_pid},0},pid,none}';
    await s.t('fmt/pane-pid-type', ['display-message', '-p', '-t', 'base:', isPid]);
    await s.t('keys/literal', ['send-keys', '-t', 'base:', '-l', 'Enter is text; $x "q"']);
    await s.t('keys/enter', ['send-keys', '-t', 'base:', 'Enter']);
    await s.wait(150);
    await s.t('keys/capture', ['capture-pane', '-p', '-t', 'base:']);
    await s.t('keys/unknown-name-typed', ['send-keys', '-t', 'base:', 'NoSuchKey', 'Enter']);
    await s.wait(150);
    await s.t('keys/unknown-name-capture', ['capture-pane', '-p', '-t', 'base:']);
    await s.t('keys/empty', ['send-keys', '-t', 'base:']);
    await s.t('keys/empty-string', ['send-keys', '-t', 'base:', '']);
    await s.t('keys/leading-dash', ['send-keys', '-t', 'base:', '-l', '--', '-x']);
    await s.t('keys/leading-dash-nodd', ['send-keys', '-t', 'base:', '-x']);
    await s.t('keys/X-not-in-mode', ['send-keys', '-t', 'base:', '-X', 'cancel']);
    await s.t('keys/utf8', ['send-keys', '-t', 'base:', '-l', 'é漢🙂']);
    await s.q('send-keys', '-t', 'base:', 'Enter');
    await s.wait(150);
    await s.t('keys/utf8-capture', ['capture-pane', '-p', '-t', 'base:']);
    const ascii = { env: { LC_ALL: 'C' } };
    await s.t('keys/utf8-capture-LC_ALL-C', ['capture-pane', '-p', '-t', 'base:'], ascii);
    await s.t('keys/utf8-format-LC_ALL-C', ['display-message', '-p', 'é漢'], ascii);
    await s.t('keys/long', ['send-keys', '-t', 'base:', '-l', 'L'.repeat(3_000)]);
    for (const length of [15_000, 16_000, 16_300, 17_000, 70_000]) {
      await s.t(`keys/length-${length}`, ['send-keys', '-t', 'base:', '-l', 'L'.repeat(length)]);
    }
    await s.t('keys/C-d', ['send-keys', '-t', 'base:', 'Enter', 'C-d']);
    await s.wait(300);
    await s.t('keys/after-C-d-has', ['has-session', '-t', 'base']);
  },
};

/** Options, pipes, waiting, sequences: all on one server, whose sessions are `base` and `cap`. */
const panes: Section = {
  name: 'capture-options-pipes-waits',
  async play(s: Script) {
    await s.fresh();
    const output = 'printf "one  \\ntwo\\n\\033[31mred\\033[0m\\n"; exec cat';
    await s.q('new-session', '-d', '-s', 'cap', '-x', '20', '-y', '5', output);
    await s.wait(200);
    await s.t('capture/plain', ['capture-pane', '-p', '-t', 'cap:']);
    await s.t('capture/escapes', ['capture-pane', '-p', '-e', '-t', 'cap:']);
    await s.t('capture/join', ['capture-pane', '-p', '-J', '-t', 'cap:']);
    await s.t('capture/trailing', ['capture-pane', '-p', '-N', '-t', 'cap:']);
    await s.t('capture/history', ['capture-pane', '-p', '-S', '-', '-t', 'cap:']);
    await s.t('capture/range', ['capture-pane', '-p', '-S', '1', '-E', '1', '-t', 'cap:']);
    await s.t('capture/no-p', ['capture-pane', '-t', 'cap:']);
    await s.t('capture/no-p-buffer', ['show-buffer']);
    await s.t('capture/bad-range', ['capture-pane', '-p', '-S', 'zz', '-t', 'cap:']);
    await s.t('capture/alternate-absent', ['capture-pane', '-p', '-a', '-t', 'cap:']);
    await s.t('capture/alternate-absent-quiet', ['capture-pane', '-p', '-a', '-q', '-t', 'cap:']);
    await options(s);
    await pipes(s);
    await waits(s);
    await sequences(s);
  },
};

async function options(s: Script): Promise<void> {
  await s.t('opt/unknown', ['set-option', '-g', 'no-such-option', 'on']);
  await s.t('opt/bad-value', ['set-option', '-g', 'remain-on-exit', 'maybe']);
  await s.t('opt/bad-number', ['set-option', '-g', 'history-limit', 'abc']);
  await s.t('opt/user', ['set-option', '-t', 'cap', '@mine', 'v 1']);
  await s.t('opt/user-show', ['show-options', '-v', '-t', 'cap', '@mine']);
  await s.t('opt/user-missing', ['show-options', '-v', '-t', 'cap', '@absent']);
  await s.t('opt/user-missing-q', ['show-options', '-qv', '-t', 'cap', '@absent']);
  await s.t('opt/unset', ['set-option', '-u', '-t', 'cap', '@mine']);
  await s.t('opt/prefix', ['set-option', '-g', 'remain-on-e', 'on']);
  await s.t('opt/ambiguous', ['set-option', '-g', 'status-', 'on']);
  await s.q('set-option', '-gu', 'remain-on-exit');
}

async function pipes(s: Script): Promise<void> {
  const piped = ['display-message', '-p', '-t', 'cap:', '#{pane_pipe}'];
  await s.t('pipe/on', ['pipe-pane', '-t', 'cap:', `cat >> ${s.arm.base}/pipe.out`]);
  await s.t('pipe/on-format', piped);
  await s.t('pipe/o-when-on', ['pipe-pane', '-o', '-t', 'cap:', 'cat >/dev/null']);
  await s.t('pipe/o-when-on-format', piped);
  await s.t('pipe/off', ['pipe-pane', '-t', 'cap:']);
  await s.t('pipe/off-format', piped);
  await s.t('pipe/bad-command', ['pipe-pane', '-t', 'cap:', '/nonexistent/cmd']);
}

async function waits(s: Script): Promise<void> {
  await s.t('wait/signal-first', ['wait-for', '-S', 'ch1']);
  await s.t('wait/after-signal', ['wait-for', 'ch1']);
  await s.t('wait/no-signal', ['wait-for', 'ch2']);
  await s.t('wait/lock', ['wait-for', '-L', 'lk']);
  await s.t('wait/lock-again', ['wait-for', '-L', 'lk']);
  await s.t('wait/unlock', ['wait-for', '-U', 'lk']);
  await s.t('wait/unlock-unlocked', ['wait-for', '-U', 'never']);
}

async function sequences(s: Script): Promise<void> {
  await s.t('flags/has-session-unknown', ['has-session', '-Z']);
  await s.t('flags/send-keys-no-arg-t', ['send-keys', '-t']);
  await s.t('flags/too-many-args', ['kill-session', 'a', 'b']);
  await s.t('seq/two-commands', ['has-session', '-t', 'base', ';', 'has-session', '-t', 'nosuch']);
  await s.t('seq/first-fails', ['has-session', '-t', 'nosuch', ';', 'display-message', '-p', 'after']);
  await s.t('run-shell/exit', ['run-shell', 'exit 3']);
  await s.t('if-shell/false', ['if-shell', 'false', 'display-message -p yes', 'display-message -p no']);
  await s.t('kill/window', ['kill-window', '-t', 'cap:0']);
  await s.t('kill/window/session-gone', ['has-session', '-t', 'cap']);
  await s.t('kill/all-but', ['kill-session', '-a', '-t', 'base']);
  await s.t('kill/server', ['kill-server']);
  await s.wait(200);
  await s.t('kill/server-then-ls', ['list-sessions']);
  s.ls('kill/server-socket-file-remains', s.socket);
}

export const PANE_SECTIONS: readonly Section[] = [exits, keys, panes];
