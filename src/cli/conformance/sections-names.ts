import type { Script, Section } from './script.ts';

const TARGETS = [
  ...['alpha', 'alph', 'gam', 'gamma', '=gam', '=gamma', '=alpha', 'al*', 'g?mma', '=x*y', 'x*', 'GAMMA'],
  ...['gamma:', '=gamma:', '=gam:', 'gamma:0', '=gamma:0.0', ':', '.', '!', '+', '{start}'],
];

/** Exact names, prefixes, globs and special targets. */
const matching: Section = {
  name: 'target-matching',
  async play(s: Script) {
    await s.fresh();
    for (const name of ['alpha', 'alphabet', 'gamma', 'x*y']) await s.q('new-session', '-d', '-s', name, 'exec cat');
    for (const target of TARGETS) {
      await s.t(`match/has-session/${target}`, ['has-session', '-t', target]);
      await s.t(`match/list-panes/${target}`, ['list-panes', '-t', target, '-F', '#{session_name}']);
      await s.t(`match/set-option/${target}`, ['set-option', '-t', target, '@m', '1']);
      await s.t(`match/pipe-pane/${target}`, ['pipe-pane', '-t', target]);
      await s.t(`match/display/${target}`, ['display-message', '-p', '-t', target, '#{session_name}']);
      await s.t(`match/send-keys/${target}`, ['send-keys', '-t', target, '']);
      await s.t(`match/capture-pane/${target}`, ['capture-pane', '-p', '-t', target]);
    }
    await s.t('match/kill-by-prefix', ['kill-session', '-t', 'gam']);
    await s.t('match/kill-by-prefix/left', ['list-sessions', '-F', '#{session_name}']);
  },
};

const NAMES = [
  ...['a.b', 'a:b', 'sp ace', 'ünï', '', '-dash', 'a$b', 'a#b', '#{pid}', '=eq', '@at', '%5', '$1', 'tab\tx', 'a/b'],
  ...['..', 'n'.repeat(300)],
];

/** Names that tmux changes, and names that cannot be found again. */
const names: Section = {
  name: 'names',
  async play(s: Script) {
    for (const name of NAMES) {
      const label = name.slice(0, 12);
      await s.fresh();
      await s.t(`name/new/${label}`, ['new-session', '-d', '-P', '-F', '#{session_name}', '-s', name, 'exec cat']);
      await s.t(`name/list/${label}`, ['list-sessions', '-F', '#{session_name}']);
      await s.t(`name/has/${label}`, ['has-session', '-t', name]);
      await s.t(`name/has-exact/${label}`, ['has-session', '-t', `=${name}`]);
    }
    await s.fresh();
    await s.q('new-session', '-d', '-s', 'other', 'exec cat');
    await s.t('rename/ok', ['rename-session', '-t', 'base', 'newname']);
    await s.t('rename/dup', ['rename-session', '-t', 'newname', 'other']);
    await s.t('rename/same', ['rename-session', '-t', 'newname', 'newname']);
    await s.t('rename/dot', ['rename-session', '-t', 'newname', 'a.b:c']);
    await s.t('rename/empty', ['rename-session', '-t', 'a_b_c', '']);
    await s.t('rename/list', ['list-sessions', '-F', '#{session_name}']);
  },
};

export const NAME_SECTIONS: readonly Section[] = [matching, names];
