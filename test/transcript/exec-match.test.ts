import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../src/transcript/exec-fields.ts';
import { execTemplate, RunNames } from '../../src/transcript/exec-match.ts';
import type { ExecRecord } from '../../src/transcript/format.ts';

const run = (args: readonly string[], stdout: string, lane = 'tmux:1'): ExecRecord => ({
  type: 'exec',
  lane,
  t: 0,
  file: 'tmux',
  args,
  stdin: null,
  stdout,
  stderr: '',
  code: 0,
  signal: null,
  ms: 1,
});
const kinds = (args: readonly string[], stdout: string) =>
  fieldsOf('tmux', args, stdout).map(({ start, end, kind }) => [kind, stdout.slice(start, end)]);

describe('what tmux is asked for by name', () => {
  it('is found in every line that the format gives', () => {
    expect(kinds(['list-panes', '-F', '#{pane_id}|#{session_name}|#{pane_pid}'], '%1|a|b|77\n%12|c|8\n')).toEqual([
      ['pane', '%1'],
      ['pid', '77'],
      ['pane', '%12'],
      ['pid', '8'],
    ]);
    expect(kinds(['display-message', '-p', '#{start_time}'], '1795281307\n')).toEqual([['s', '1795281307']]);
    expect(kinds(['new-window', '-PF#{window_id}'], '@3\n')).toEqual([]);
    expect(kinds(['new-window', '-P', '-F#{window_id}'], '@3\n')).toEqual([['win', '@3']]);
    expect(kinds(['ls'], 'a: 1 windows (created Sat Nov 21 17:15:07 2026) (attached)\n')).toEqual([
      ['ctime', 'Sat Nov 21 17:15:07 2026'],
    ]);
  });

  it('is left alone where it is not sure where it stands', () => {
    expect(kinds(['list-panes', '-F', '#{?pane_active,#{pane_id},}'], '%1\n')).toEqual([]);
    expect(kinds(['list-panes', '-F', '#{pane_id}', ';', 'list-windows', '-F', '#{window_id}'], '%1\n@1\n')).toEqual(
      [],
    );
    expect(kinds(['list-panes', '-F', '#D #{pane_id}'], '%1 %1\n')).toEqual([]);
    expect(kinds(['capture-pane', '-p'], '1795281307 %1\n')).toEqual([]);
    expect(fieldsOf('zellij', ['list-panes', '-F', '#{pane_id}'], '%1\n')).toEqual([]);
  });

  it('goes by one name in a whole file, whatever process writes it down', () => {
    const names = new RunNames();
    const made = execTemplate(run(['new-window', '-P', '-F', '#{pane_id} #{pane_pid}'], '%7 4711\n'), {}, names);
    expect(made.stdout).toBe('<pane:1> <pid:1>\n');
    const later = new RunNames(names.known);
    const asked = execTemplate(run(['send-keys', '-t', '%7', '%70 100%7 4711'], ''), {}, later);
    expect(asked.args).toEqual(['send-keys', '-t', '<pane:1>', '%70 100%7 4711']);
    expect(execTemplate(run(['new-window', '-P', '-F', '#{pane_id}'], '%8\n'), {}, later).stdout).toBe('<pane:2>\n');
  });
});
