/** A provider for the tap's tests: answers each line, says what befalls it, and ends as it is told. */
import { createInterface } from 'node:readline';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
process.on('SIGUSR1', () => say({ signal: 'SIGUSR1' }));
process.on('SIGTERM', () => {
  say({ signal: 'SIGTERM' });
  process.exit(7);
});
say({ ready: process.argv.slice(2), secret: process.env.PROVIDER_TOKEN ?? null });
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
});
lines.on('close', () => process.stdout.write('bye, without a newline'));
