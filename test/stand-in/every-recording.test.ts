import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isClientAct, type LaneRecord, type SpawnRecord } from '../../src/transcript/format.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { renderJson } from '../../src/transcript/render.ts';
import { TranscriptReplay } from '../../src/transcript/replay.ts';
import { plainMinter, renderTemplate } from '../../src/transcript/template.ts';
import { formatMismatch, type Verdict } from '../../src/transcript/verdict.ts';
import { Stage, TRANSCRIPTS } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

function must(verdict: Verdict): void {
  if (!verdict.ok) throw new Error(formatMismatch(verdict.mismatch));
}

/** Plays the client of a recording, act by act, and holds every line of the stand-in against the recording, too. */
async function play(file: string): Promise<string[]> {
  const read = readTranscript(readFileSync(file), file);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const { transcript } = read;
  const places = { 'path:ws': stage.cwd, 'path:codexHome': stage.env.CODEX_HOME! };
  const replay = new TranscriptReplay(transcript, { places });
  const children = new Map<string, ChildProcess>();
  let failure: Error | null = null;
  let changed = () => {};
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      failure ??= error as Error;
    }
    changed();
  };
  const text = (template: string, t: number) => String(renderTemplate(template, replay.bindings, plainMinter(t)));

  const start = (record: SpawnRecord): void => {
    const args = record.args.map((arg) => text(arg, record.t));
    const env = Object.fromEntries(Object.entries(record.env).map(([name, value]) => [name, text(value, record.t)]));
    const lane = replay.lane(record.lane);
    must(lane.spawn({ file: record.file, args, cwd: stage.cwd, env }));
    const child = spawn(record.file, args, { cwd: stage.cwd, env: { ...stage.env, ...env }, stdio: 'pipe' });
    stage.track(child);
    child.stdin.on('error', () => {});
    children.set(record.lane, child);
    for (const [stream, dir] of [
      [child.stdout, 'recv'],
      [child.stderr, 'err'],
    ] as const) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        attempt(() => {
          for (const line of lines) must(lane.observe(dir, line));
        });
      });
    }
    child.on('close', (code, signal) => attempt(() => must(lane.observeExit(code, signal))));
  };

  const act = (record: LaneRecord): void => {
    if (record.type === 'spawn') return start(record);
    const child = children.get(record.lane)!;
    const lane = replay.lane(record.lane);
    if (record.type === 'frame') {
      const mark = replay.bindings.mark();
      const minter = plainMinter(record.t);
      const { body, raw = '' } = record;
      const line = body === undefined ? text(raw, record.t) : JSON.stringify(renderJson(body, replay.bindings, minter));
      replay.bindings.undo(mark);
      must(lane.feed(line));
      child.stdin!.write(record.cut === true ? line : `${line}\n`);
    } else if (record.type === 'eof') {
      must(lane.eof());
      child.stdin!.end();
    } else if (record.type === 'signal') {
      must(lane.signal(record.signal, record.scope));
      child.kill(record.signal as NodeJS.Signals);
    }
  };

  const happened = (index: number): boolean => {
    const { hard, symbols } = replay.needs[index]!;
    return hard.every((i) => replay.isDone(i)) && symbols.every((symbol) => replay.bindings.get(symbol) !== undefined);
  };
  for (const [index, record] of transcript.records.entries()) {
    if (!isClientAct(record)) continue;
    while (!happened(index) && failure === null) await new Promise<void>((resolve) => (changed = resolve));
    if (failure !== null) throw failure;
    act(record);
  }
  for (const child of children.values()) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  }
  while (failure === null && replay.finished().length > 0) await new Promise<void>((resolve) => (changed = resolve));
  if (failure !== null) throw failure;
  return replay.finished().map(({ what }) => what);
}

describe.each(['codex', 'claude', 'agent-sdk', 'codex-sdk'])('the recordings of %s', (folder) => {
  const all = readdirSync(join(TRANSCRIPTS, folder), { recursive: true, encoding: 'utf8' });
  const names = all.filter((name) => name.endsWith('.ndjson')).sort();

  it.each(names)('%s is had again with the stand-in, line by line', async (name) => {
    const file = join(TRANSCRIPTS, folder, name);
    await stage.make({ transcripts: [file] }, ['codex', 'claude']);
    expect(await play(file)).toEqual([]);
    expect(stage.check()).toMatchObject({ failed: [], neverStarted: [] });
  });
});
