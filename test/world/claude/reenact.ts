import { inMacrotask, runKernel } from '../../../src/kernel/drain.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { HttpRecord, Json, JsonObject, LaneRecord, Transcript } from '../../../src/transcript/format.ts';
import { isClientAct, processOf } from '../../../src/transcript/format.ts';
import { isArray, isObject } from '../../../src/transcript/json.ts';
import { placeOf } from '../../../src/transcript/order.ts';
import { renderJson } from '../../../src/transcript/render.ts';
import { TranscriptReplay } from '../../../src/transcript/replay.ts';
import { plainMinter, renderTemplate } from '../../../src/transcript/template.ts';
import { formatMismatch, type Verdict } from '../../../src/transcript/verdict.ts';
import { type ClaudeWorld, installClaude } from '../../../src/world/claude/index.ts';
import { Machine } from '../../../src/world/machine.ts';
import type { ModelExchange } from '../../../src/world/model/index.ts';
import type { ModelQuestion, ModelSource } from '../../../src/world/model/source.ts';
import type { Proc } from '../../../src/world/proc.ts';

const CWD = '/home/dev/workspace';
const HOME = '/home/dev';

/**
 * Feeds the model of claude what the client of a recording sent, and its API requests what the recorded API answered, and
 * holds every line it writes against the recording. Rejects at the first difference, and when something is left over.
 * `files` are what the workspace holds.
 */
export function reenact(transcript: Transcript, files: readonly string[] = []): Promise<ClaudeWorld> {
  return inMacrotask(() => new Reenactment(transcript, files).run());
}

class Reenactment {
  readonly #replay: TranscriptReplay;
  readonly #records: readonly LaneRecord[];
  readonly #kernel = new Kernel();
  readonly #machine = new Machine(this.#kernel);
  readonly #claude: ClaudeWorld;
  readonly #procs = new Map<string, Proc>();
  /** Virtual time at which each record happened. */
  readonly #happened = new Map<number, number>();
  readonly #scheduled = new Set<number>();
  readonly #asked = new Map<string, number>();

  constructor(transcript: Transcript, files: readonly string[]) {
    this.#replay = new TranscriptReplay(transcript, { places: { 'path:tmp': '/tmp/dev', 'port:model': 9000 } });
    this.#records = transcript.records;
    const model: ModelSource = { answer: (question, deliver) => deliver(this.#answer(question)) };
    this.#claude = installClaude(this.#machine, { model });
    for (const file of files) this.#claude.files.add(`${CWD}/${file}`);
  }

  run(): ClaudeWorld {
    this.#actWhenReady();
    runKernel(this.#kernel);
    const left = this.#replay.finished().map(({ place, what }) => `${place}: ${what} did not happen`);
    if (left.length > 0) throw new Error(left.join('\n'));
    return this.#claude;
  }

  /** Schedules the client's acts for which everything has happened, each as long after its last cause as in the recording. */
  #actWhenReady(): void {
    for (const [index, record] of this.#records.entries()) {
      if (!isClientAct(record) || this.#scheduled.has(index) || this.#replay.isDone(index)) continue;
      const needs = this.#replay.needs[index]!;
      if (!needs.hard.every((i) => this.#replay.isDone(i))) continue;
      if (!needs.symbols.every((symbol) => this.#replay.bindings.get(symbol) !== undefined)) continue;
      this.#scheduled.add(index);
      const cause = needs.hard
        .filter((i) => processOf(this.#records[i]!.lane) === processOf(record.lane))
        .reduce((last, i) => Math.max(last, this.#records[i]!.t), 0);
      this.#kernel.schedule(Math.max(0, record.t - cause), () => this.#act(index, record));
    }
  }

  #act(index: number, record: LaneRecord): void {
    const lane = this.#replay.lane(record.lane);
    const minter = plainMinter(record.t);
    const { bindings } = this.#replay;
    const text = (template: string): string => String(renderTemplate(template, bindings, minter));
    const proc = this.#procs.get(record.lane);
    this.#happened.set(index, this.#kernel.now);
    if (record.type === 'spawn') {
      const env = Object.fromEntries(Object.entries(record.env).map(([name, value]) => [name, text(value)]));
      const args = record.args.map(text);
      accept(lane.spawn({ file: record.file, args, cwd: CWD, env }));
      this.#start(record.lane, [record.file, ...args], env);
    } else if (record.type === 'frame') {
      const mark = bindings.mark();
      const line =
        record.body === undefined ? text(record.raw ?? '') : JSON.stringify(renderJson(record.body, bindings, minter));
      bindings.undo(mark);
      accept(lane.feed(line));
      proc?.feed(`${line}\n`);
    } else if (record.type === 'eof') {
      accept(lane.eof());
      proc?.feedEnd();
    } else if (record.type === 'signal') {
      accept(lane.signal(record.signal, record.scope));
      if (proc) this.#machine.kill(0, record.scope === 'group' ? -proc.pid : proc.pid, record.signal as 'SIGTERM');
    }
    this.#actWhenReady();
  }

  #start(name: string, argv: readonly string[], env: Readonly<Record<string, string>>): void {
    const found = this.#machine.lookUp('claude', CWD);
    if (found.kind !== 'found') throw new Error('claude is not installed');
    const lane = this.#replay.lane(name);
    const lines = (dir: 'recv' | 'err') => (chunk: string) => {
      for (const line of chunk.trimEnd().split('\n')) accept(lane.observe(dir, line));
      this.#actWhenReady();
    };
    const proc = this.#machine.start({
      argv,
      program: found.program,
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: CWD,
      env: {
        HOME,
        CLAUDE_CONFIG_DIR: `${HOME}/.claude`,
        XDG_RUNTIME_DIR: '/tmp/dev',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:9000',
        ...env,
      },
      sink: {
        stdout: lines('recv'),
        stderr: lines('err'),
        exited: (code, signal) => {
          accept(lane.observeExit(code, signal));
          this.#actWhenReady();
        },
      },
    });
    this.#procs.set(name, proc);
  }

  /** What the recorded API answered to the same request of the same process. */
  #answer({ http }: ModelQuestion): ModelExchange {
    // One process at a time talks to the model.
    const lane = [...this.#procs].findLast(([, proc]) => proc.alive)?.[0] ?? '';
    const all = this.#records.filter(
      (record): record is HttpRecord => record.type === 'http' && record.lane === `${lane}/http`,
    );
    const number = this.#asked.get(lane) ?? 0;
    this.#asked.set(lane, number + 1);
    const record = [...all].sort((a, b) => a.t - b.t)[number];
    if (!record) throw new Error(`${lane} makes ${number + 1} requests, but only ${all.length} were recorded`);
    const place = placeOf(this.#replay.transcript, this.#records.indexOf(record));
    compareRequests(place, record, http().body as Json, (template) => this.#render(template, record));
    const { response } = record;
    if (response === null) return { status: 200, headers: {}, chunks: [], end: { kind: 'cut', gapMs: 0 } };
    const headers = Object.entries(response.headers).map(([name, value]) => [name, this.#render(value, record)]);
    let at = record.t;
    const chunks = response.chunks.map((chunk) => {
      const gapMs = Math.max(0, chunk.t - at);
      at = chunk.t;
      return { gapMs, text: this.#render(chunk.text, record) };
    });
    const kind = ({ complete: 'close', cut: 'cut', aborted: 'hang' } as const)[response.end];
    return { status: response.status, headers: Object.fromEntries(headers), chunks, end: { kind, gapMs: 0 } };
  }

  #render(template: string, record: LaneRecord): string {
    return String(renderTemplate(template, this.#replay.bindings, plainMinter(record.t)));
  }
}

function accept(verdict: Verdict): void {
  if (!verdict.ok) throw new Error(formatMismatch(verdict.mismatch));
}

/** Holds the conversation that the model of claude sends against the recorded one: who speaks, what is said and done. */
function compareRequests(place: string, record: HttpRecord, sent: Json, render: (template: string) => string): void {
  const recorded = outline(record.request.body, render);
  const modelled = outline(sent, (text) => text);
  const same =
    recorded.length === modelled.length && recorded.every((line, i) => line === modelled[i] || line.endsWith(ELIDED));
  if (!same) {
    throw new Error(
      `${place}: the request differs\n  recorded:\n${recorded.join('\n')}\n  sent:\n${modelled.join('\n')}`,
    );
  }
}

const ELIDED = '(elided)';
/** What stands for the CLI's reminders before the user's first words. */
const REMINDER = '{"$elided":{"volatile":true}}';
/** The CLI's words after tool results, with a count that depends on what it had read of them itself. */
const TOKENS_LEFT = /\n\n<system-reminder>\n<total_tokens>\d+ tokens left<\/total_tokens>\n<\/system-reminder>$/;

/** A line for each block, without what the CLI itself puts before the user's first words. */
function outline(body: Json, render: (template: string) => string): string[] {
  if (!isObject(body) || !isArray(body.messages)) throw new Error('a request without messages');
  const blocks = body.messages.flatMap((message) => {
    if (!isObject(message)) throw new Error('a message that is no object');
    const content: readonly Json[] = isArray(message.content)
      ? message.content
      : [{ type: 'text', text: message.content ?? null }];
    return content.flatMap((block) => {
      if (!isObject(block) || JSON.stringify(block.text) === REMINDER) return [];
      return [`${String(message.role)} ${outlineBlock(block, render)}`];
    });
  });
  return [`stream ${String(body.stream)}`, ...blocks];
}

function outlineBlock(block: JsonObject, render: (template: string) => string): string {
  const text = (value: Json | undefined): string =>
    typeof value === 'string' ? render(value).replace(TOKENS_LEFT, '') : ELIDED;
  if (block.type === 'tool_use') return `tool_use ${String(block.name)} ${JSON.stringify(block.input)}`;
  if (block.type === 'tool_result') return `tool_result ${block.is_error === true} ${text(block.content)}`;
  return `${String(block.type)} ${text(block.text)}`;
}
