import type { LiveListener, LiveReport } from './run.ts';

/** Prints the account while it is made. */
export const printing: LiveListener = {
  opened(tools, notIsolated) {
    console.log(`The real core on this machine: tmux ${tools.tmux}, codex ${tools.codex}, claude ${tools.claude}`);
    console.log(
      notIsolated === null
        ? 'Network: the providers are in a namespace that has nothing but loopback.'
        : `Network: NOT isolated (${notIsolated}). Only their settings keep the providers to loopback.`,
    );
  },
  began: (number, title) => console.log(`\n${number}. ${title}`),
  saw: (text) => console.log(`   - ${text}`),
};

/** For `--json`: says nothing before the end. */
export const silent: LiveListener = { opened() {}, began() {}, saw() {} };

export function printEnd({ ok, steps, failure, left, wallMs }: LiveReport): void {
  if (failure) {
    console.log(`\nNOT as expected in step "${failure.step}"`);
    console.log(`   expected: ${failure.expected}`);
    console.log(`   seen:     ${failure.seen}`);
    console.log('   the daemon logged before:');
    for (const line of failure.log) console.log(`     ${line}`);
  }
  for (const sentence of left) console.log(`\nLeft over: ${sentence}`);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  if (ok)
    console.log(`\nAll ${steps.length} steps as expected in ${seconds(wallMs)}. The temporary folder is removed.`);
  else console.log(`\nFailed after ${seconds(wallMs)}.`);
}
