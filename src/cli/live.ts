/** `npm run live`: the real core on this machine, with real tmux and the real providers against a scripted model. */
import { parseArgs } from 'node:util';
import { printEnd, printing, silent } from './live/print.ts';
import { findRequirements } from './live/requirements.ts';
import { runLive } from './live/run.ts';

const USAGE = `usage: npm run live -- [--json] [--patience SECONDS]

Runs the orchestration core on this machine with real tmux and the real codex and claude against a scripted model on
loopback, and tells step by step what was done and seen. Nothing outside a temporary folder is touched.

  --json               print one JSON document at the end instead of the account
  --patience SECONDS   how long anything may take before it counts as failed (default 60)

exit code: 0 everything was as expected, 1 something was not, 2 bad usage or something needed is missing`;

type Arguments =
  | { readonly kind: 'run'; readonly json: boolean; readonly patienceMs: number }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string };

function readArguments(args: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, patience: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { kind: 'help' };
    const patience = Number(values.patience ?? 60);
    if (!(patience > 0))
      return { kind: 'wrong', reason: `--patience takes a number of seconds, not ${values.patience}` };
    return { kind: 'run', json: values.json ?? false, patienceMs: patience * 1_000 };
  } catch (error) {
    return { kind: 'wrong', reason: (error as Error).message };
  }
}

async function main(args: readonly string[]): Promise<number> {
  const wanted = readArguments(args);
  if (wanted.kind === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (wanted.kind === 'wrong') {
    console.error(`${wanted.reason}\n\n${USAGE}`);
    return 2;
  }
  const needed = await findRequirements();
  if (needed.kind === 'missing') {
    if (wanted.json) console.log(JSON.stringify({ ok: false, missing: needed.reasons }, null, 2));
    console.error(
      `This cannot run here. What is needed:\n${needed.reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    );
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const { json, patienceMs } = wanted;
  const listener = json ? silent : printing;
  const report = await runLive(needed.tools, { patienceMs, stop: stop.signal, listener });
  if (json) console.log(JSON.stringify(report, null, 2));
  else printEnd(report);
  return report.ok ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
