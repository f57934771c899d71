/** Where an option lives: `pane` options may be set for a window too. */
export type OptionScope = 'server' | 'session' | 'window' | 'pane';

/**
 * What an option takes. `flag` is on or off, `number` an integer from `least` up, `choice` one of `choices`, `size` is
 * `WIDTHxHEIGHT`. `other` (colours, styles, keys, arrays, hooks) is known by name only.
 */
export interface OptionSpec {
  readonly name: string;
  readonly scope: OptionScope;
  readonly type: 'flag' | 'number' | 'choice' | 'string' | 'size' | 'other';
  readonly initial: string;
  readonly least: number;
  readonly choices: readonly string[];
}

type Row = readonly [name: string, type: string, initial: string];

/** Measured: each option of tmux 3.3a, how it answers to wrong values, and its default. */
const TABLE: Readonly<Record<OptionScope, readonly Row[]>> = {
  server: [
    ['backspace', 'other', ''],
    ['buffer-limit', 'number 1', '50'],
    ['command-alias', 'other', ''],
    ['copy-command', 'string', ''],
    ['default-terminal', 'string', 'tmux-256color'],
    ['editor', 'string', '/usr/bin/vi'],
    ['escape-time', 'number 0', '500'],
    ['exit-empty', 'flag', 'on'],
    ['exit-unattached', 'flag', 'off'],
    ['extended-keys', 'choice on off always', 'off'],
    ['focus-events', 'flag', 'off'],
    ['history-file', 'string', ''],
    ['message-limit', 'number 0', '1000'],
    ['prompt-history-limit', 'number 0', '100'],
    ['set-clipboard', 'choice on off external', 'external'],
    ['terminal-overrides', 'other', ''],
    ['terminal-features', 'other', ''],
    ['user-keys', 'other', ''],
  ],
  session: [
    ['activity-action', 'choice none any current other', 'other'],
    ['assume-paste-time', 'number 0', '1'],
    ['base-index', 'number 0', '0'],
    ['bell-action', 'choice none any current other', 'any'],
    ['default-command', 'string', ''],
    ['default-shell', 'other', ''],
    ['default-size', 'size', '80x24'],
    ['destroy-unattached', 'flag', 'off'],
    ['detach-on-destroy', 'choice on off no-detached', 'on'],
    ['display-panes-active-colour', 'other', ''],
    ['display-panes-colour', 'other', ''],
    ['display-panes-time', 'number 1', '1000'],
    ['display-time', 'number 0', '750'],
    ['history-limit', 'number 0', '2000'],
    ['key-table', 'string', 'root'],
    ['lock-after-time', 'number 0', '0'],
    ['lock-command', 'string', 'lock -np'],
    ['message-command-style', 'other', ''],
    ['message-style', 'other', ''],
    ['mouse', 'flag', 'off'],
    ['prefix', 'other', ''],
    ['prefix2', 'other', ''],
    ['renumber-windows', 'flag', 'off'],
    ['repeat-time', 'number 0', '500'],
    ['set-titles', 'flag', 'off'],
    ['set-titles-string', 'string', '#S:#I:#W - "#T" #{session_alerts}'],
    ['silence-action', 'choice none any current other', 'other'],
    ['status', 'choice on off 2 3 4 5', 'on'],
    ['status-bg', 'other', ''],
    ['status-fg', 'other', ''],
    ['status-format', 'other', ''],
    ['status-interval', 'number 0', '15'],
    ['status-justify', 'choice left centre right absolute-centre', 'left'],
    ['status-keys', 'choice vi emacs', 'emacs'],
    ['status-left', 'string', '[#{session_name}] '],
    ['status-left-length', 'number 0', '10'],
    ['status-left-style', 'other', ''],
    ['status-position', 'choice top bottom', 'bottom'],
    [
      'status-right',
      'string',
      '#{?window_bigger,[#{window_offset_x}#,#{window_offset_y}] ,}"#{=21:pane_title}" %H:%M %d-%b-%y',
    ],
    ['status-right-length', 'number 0', '40'],
    ['status-right-style', 'other', ''],
    ['status-style', 'other', ''],
    ['update-environment', 'other', ''],
    ['visual-activity', 'choice on off both', 'off'],
    ['visual-bell', 'choice on off both', 'off'],
    ['visual-silence', 'choice on off both', 'off'],
    ['word-separators', 'string', '!"#$%&\'()*+,-./:;<=>?@[\\]^`{|}~'],
  ],
  window: [
    ['aggressive-resize', 'flag', 'off'],
    ['automatic-rename', 'flag', 'on'],
    ['automatic-rename-format', 'string', '#{?pane_in_mode,[tmux],#{pane_current_command}}#{?pane_dead,[dead],}'],
    ['clock-mode-colour', 'other', ''],
    ['clock-mode-style', 'choice 12 24', '24'],
    ['copy-mode-match-style', 'other', ''],
    ['copy-mode-current-match-style', 'other', ''],
    ['copy-mode-mark-style', 'other', ''],
    ['fill-character', 'string', ''],
    ['main-pane-height', 'string', '24'],
    ['main-pane-width', 'string', '80'],
    ['mode-keys', 'choice vi emacs', 'emacs'],
    ['mode-style', 'other', ''],
    ['monitor-activity', 'flag', 'off'],
    ['monitor-bell', 'flag', 'on'],
    ['monitor-silence', 'number 0', '0'],
    ['other-pane-height', 'string', '0'],
    ['other-pane-width', 'string', '0'],
    ['pane-active-border-style', 'other', ''],
    ['pane-base-index', 'number 0', '0'],
    ['pane-border-indicators', 'choice off both arrows colour', 'colour'],
    ['pane-border-lines', 'choice number single double heavy simple', 'single'],
    ['pane-border-status', 'choice off top bottom', 'off'],
    ['pane-border-style', 'other', ''],
    ['popup-style', 'other', ''],
    ['popup-border-style', 'other', ''],
    ['popup-border-lines', 'choice none single double heavy simple padded rounded', 'single'],
    ['window-size', 'choice largest smallest latest manual', 'latest'],
    ['window-status-activity-style', 'other', ''],
    ['window-status-bell-style', 'other', ''],
    ['window-status-current-format', 'string', '#I:#W#{?window_flags,#{window_flags}, }'],
    ['window-status-current-style', 'other', ''],
    ['window-status-format', 'string', '#I:#W#{?window_flags,#{window_flags}, }'],
    ['window-status-last-style', 'other', ''],
    ['window-status-separator', 'string', ' '],
    ['window-status-style', 'other', ''],
    ['wrap-search', 'flag', 'on'],
    ['xterm-keys', 'flag', 'on'],
  ],
  pane: [
    ['cursor-colour', 'other', ''],
    ['cursor-style', 'choice block bar underline blinking-block blinking-bar blinking-underline default', 'default'],
    ['allow-passthrough', 'flag', 'off'],
    ['allow-rename', 'flag', 'off'],
    ['alternate-screen', 'flag', 'on'],
    ['pane-border-format', 'string', '#{?pane_active,#[reverse],}#{pane_index}#[default] "#{pane_title}"'],
    ['pane-colours', 'other', ''],
    ['remain-on-exit', 'choice on off failed', 'off'],
    [
      'remain-on-exit-format',
      'string',
      'Pane is dead (#{?#{!=:#{pane_dead_status},},status #{pane_dead_status},}#{?#{!=:#{pane_dead_signal},},signal #{pane_dead_signal},}, #{t:pane_dead_time})',
    ],
    ['scroll-on-clear', 'flag', 'on'],
    ['synchronize-panes', 'flag', 'off'],
    ['window-active-style', 'other', ''],
    ['window-style', 'other', ''],
  ],
};

/** Hooks are options too: their names count when a prefix is looked up. */
const HOOKS: Readonly<Record<'session' | 'window', string>> = {
  session:
    'after-bind-key after-capture-pane after-copy-mode after-display-message after-display-panes after-kill-pane after-list-buffers after-list-clients after-list-keys after-list-panes after-list-sessions after-list-windows after-load-buffer after-lock-server after-new-session after-new-window after-paste-buffer after-pipe-pane after-queue after-refresh-client after-rename-session after-rename-window after-resize-pane after-resize-window after-save-buffer after-select-layout after-select-pane after-select-window after-send-keys after-set-buffer after-set-environment after-set-hook after-set-option after-show-environment after-show-messages after-show-options after-split-window after-unbind-key alert-activity alert-bell alert-silence client-active client-attached client-detached client-focus-in client-focus-out client-resized client-session-changed session-closed session-created session-renamed session-window-changed window-linked window-unlinked',
  window:
    'pane-died pane-exited pane-focus-in pane-focus-out pane-mode-changed pane-set-clipboard pane-title-changed window-layout-changed window-pane-changed window-renamed window-resized',
};

const SCOPES: readonly OptionScope[] = ['server', 'session', 'window', 'pane'];

export const OPTIONS: ReadonlyMap<string, OptionSpec> = new Map(
  SCOPES.flatMap((scope) => [
    ...TABLE[scope].map(([name, type, initial]) => spec(name, scope, type, initial)),
    ...(scope === 'session' || scope === 'window'
      ? HOOKS[scope].split(' ').map((name) => spec(name, scope, 'other', ''))
      : []),
  ]).map((each) => [each.name, each]),
);

function spec(name: string, scope: OptionScope, type: string, initial: string): OptionSpec {
  const [kind, ...rest] = type.split(' ') as [OptionSpec['type'], ...string[]];
  return {
    name,
    scope,
    type: kind,
    initial,
    least: kind === 'number' ? Number(rest[0]) : 0,
    choices: kind === 'choice' ? rest : [],
  };
}
