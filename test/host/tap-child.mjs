/** A provider for the tap's tests: answers each line, says what befalls it, and ends as it is told. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const tell = (value) => process.stderr.write(`${JSON.stringify(value)}\n`);
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGCONT']) process.on(signal, () => say({ signal }));
process.on('SIGTERM', () => {
  say({ signal: 'SIGTERM' });
  process.exit(7);
});
say({ ready: process.argv.slice(2), secret: process.env.PROVIDER_TOKEN ?? null });

const POURED = `${'x'.repeat(65_535)}\n`;
let poured = 0;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { op, n, text } = JSON.parse(line);
  if (op === 'echo') say({ echo: text });
  if (op === 'err') process.stderr.write(`${text}\n`);
  if (op === 'flood') for (let i = 0; i < n; i++) say({ i, text: 'grüße 🎉'.repeat(50) });
  if (op === 'bytes') process.stdout.write(Buffer.from(text, 'base64'));
  if (op === 'kill') process.kill(process.pid, text);
  // Not at once: that would lose what is not yet written.
  if (op === 'exit') process.exitCode = n;
  if (op === 'pid') tell({ pid: process.pid });
  // Writes more than any pipe holds; `count` says how much of it the reader's side has taken.
  if (op === 'pour') for (let i = 0; i < n; i++) process.stdout.write(POURED, () => poured++);
  if (op === 'count') tell({ poured });
  // A tool of the provider, in its process group: says which signals it gets.
  if (op === 'tool') {
    const script =
      "process.on('SIGUSR1', () => console.error('tool SIGUSR1')); console.error('tool ready'); setInterval(() => {}, 9e5)";
    spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit'] }).unref();
  }
});
lines.on('close', () => process.stdout.write('bye, without a newline'));
