/** Where a real provider is recorded: nothing but a loopback server can be reached, and a folder of its own goes with it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock, Processes } from '../../core/ports.ts';
import { type LoopbackNamespace, openLoopbackNamespace } from '../../host/loopback-namespace.ts';
import { createProcesses } from '../../host/processes.ts';
import { RawRecorder } from '../../host/tap/raw-recorder.ts';
import { tapProcesses } from '../../host/tap.ts';
import type { Redactor } from '../../transcript/redact.ts';
import { redactorOfThisMachine } from './machine.ts';

export interface RecordingRoom {
  readonly namespace: LoopbackNamespace;
  readonly folder: string;
  /** Working directory, with the files that were asked for. */
  readonly cwd: string;
  readonly redactor: Redactor;
  readonly recorder: RawRecorder;
  /** What the recorder writes. */
  readonly rawFile: string;
  /** Processes inside the namespace, recorded. `keepEnv`: variables that are written down. */
  processes(clock: Clock, keepEnv: readonly string[]): Processes;
  /** Lets go of all of it. */
  close(): Promise<void>;
}

/** `files`: contents by path below the working directory. Rejects where there can be no such namespace. */
export async function openRoom(files: Readonly<Record<string, string>> = {}): Promise<RecordingRoom> {
  const namespace = await openLoopbackNamespace();
  if (namespace.kind !== 'isolated') throw new Error(`real providers are only run isolated: ${namespace.reason}`);
  const folder = mkdtempSync(join(tmpdir(), 'reprise-room-'));
  const cwd = join(folder, 'ws');
  layOut(cwd, files);
  const redactor = redactorOfThisMachine();
  const rawFile = join(folder, 'raw.ndjson');
  const recorder = new RawRecorder(rawFile, { redactor });
  return {
    namespace,
    folder,
    cwd,
    redactor,
    recorder,
    rawFile,
    processes(clock, keepEnv) {
      const real = createProcesses(clock);
      const inside: Processes = {
        ...real,
        spawn: ({ lane, ...request }, events) => {
          const entered = namespace.enter({ ...request, cwd: request.cwd ?? cwd, env: request.env ?? {} });
          return real.spawn({ ...entered, lane }, events);
        },
      };
      return tapProcesses(inside, { recorder, keepEnv });
    },
    async close() {
      await namespace.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function layOut(cwd: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(cwd, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
