import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package.ts';
import { makeShims } from '../../shims/make.ts';
import type { Row, Sample } from '../row.ts';

const INITIALIZE = {
  id: 1,
  method: 'initialize',
  params: {
    clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
    capabilities: { experimentalApi: false, requestAttestation: false },
  },
};

function node(): Sample {
  const begin = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return { amount: 1, ms: performance.now() - begin };
}

/** From the start of the process to the first line that it writes. */
async function firstFrame(): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bench-'));
  try {
    const shims = join(folder, 'shims');
    const transcripts = [join(PACKAGE_ROOT, 'transcripts', 'codex', 'simple.ndjson')];
    const config = { mode: 'replay' as const, transcripts, out: null, faults: null, script: null, speed: 'max' };
    await makeShims(shims, ['codex'], { ...config, state: join(shims, 'state') });
    const begin = performance.now();
    const child = spawn(join(shims, 'codex'), ['app-server'], { cwd: folder });
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    await once(child.stdout, 'data');
    const ms = performance.now() - begin;
    child.kill('SIGKILL');
    await once(child, 'exit');
    return { amount: 1, ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const row: Row = {
  title: 'stand-in: from the start of a shim to its first frame',
  unit: ['start', 'starts'],
  mechanisms: { 'node -e 0': node, 'codex shim': firstFrame },
  goals: [
    { kind: 'within', mechanism: 'codex shim', msPerUnit: 150 },
    // Holds on a busy machine, too: at most as long as two and a half bare starts.
    { kind: 'faster', mechanism: 'codex shim', factor: 0.4, than: 'node -e 0' },
  ],
};
