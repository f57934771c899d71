import { describe, expect, it } from 'vitest';
import { UnmodelledError } from '../../../src/world/unmodelled.ts';
import { Host } from './host.ts';

describe('what the model has no answer for', () => {
  it.each([
    [['swap-pane'], 'command swap-pane'],
    [['new-session', '-d', '-t', 'a'], 'session groups'],
    [['new-session', '-d', '-x'], 'new-session -x without a value'],
    [['display-message', '-p', '#{pane_tty}'], 'format variable pane_tty'],
    [['display-message', '-p', '#(date)'], 'shell command in format'],
    [['display-message', '-p', '%A'], 'strftime conversion %A'],
    [['set-option', '-g', 'status-style', 'bg=red'], 'option status-style'],
    [['send-keys', '-R'], 'send-keys -R'],
    [['send-keys', 'S-Up'], 'key S-Up'],
    [['split-window'], 'command split-window'],
    [['if-shell', '-F', '1', 'display-message "$X"'], 'expansion in'],
    [['new-session', '-d', 'frobnicate'], 'command frobnicate'],
    [['new-session', '-d', 'for i in 1 2; do echo $i; done'], '"for"'],
    [['new-session', '-d', 'ls | cat'], '"|" in "ls | cat"'],
    [['new-session', '-d', 'printf "\\033[5n"; exec cat'], 'escape sequence'],
    [['-C'], 'global flag -C'],
  ])('%j is an error of the run that names it', (args, words) => {
    const host = new Host();
    host.run(['new-session', '-d', '-s', 'a', 'exec cat']);
    let thrown: unknown;
    try {
      host.run(args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UnmodelledError);
    expect((thrown as Error).message).toContain(words);
  });

  it('does not include commands that are known not to exist', () => {
    const host = new Host();
    host.programs.absent.add('frobnicate');
    host.run(['new-session', '-d', '-s', 'a', 'frobnicate; exec cat']);
    const { stdout } = host.run(['capture-pane', '-p', '-t', 'a:']);
    expect(stdout.trimEnd()).toBe('sh: 1: frobnicate: not found');
  });
});
