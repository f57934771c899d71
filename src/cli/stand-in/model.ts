import type { Signal } from '../../core/ports.ts';
import { Kernel } from '../../kernel/kernel.ts';
import type { Json, Provider } from '../../transcript/format.ts';
import { installClaude } from '../../world/claude/index.ts';
import { installCodex } from '../../world/codex/index.ts';
import { Machine } from '../../world/machine.ts';
import type { ModelScript } from '../../world/model/index.ts';
import { scriptSource } from '../../world/model/source.ts';
import type { Proc } from '../../world/proc.ts';
import { InputError } from '../errors.ts';
import { readText } from '../io.ts';
import { environment } from './live-values.ts';
import { readModelFaults } from './model-faults.ts';
import { EXIT, judge } from './outcome.ts';
import { StandInState } from './state.ts';
import { processWire, type Wire } from './wire.ts';

export interface ModelStandIn {
  readonly provider: Provider;
  /** File with a `ModelScript`: what the language model answers. Null: one short sentence, whatever the user says. */
  readonly script: string | null;
  /** File of faults; see `model-faults.ts`. */
  readonly faults: string | null;
  /** How much faster than the real provider. */
  readonly speed: number;
  /** Folder for results. */
  readonly state: string;
}

/** How often virtual time catches up with the clock (ms). */
const TICK_MS = 2;
/** Time limits of the model must not pass before its client has read a line. */
const MAX_SPEED = 1_000;
/** The counter that the model of claude begins its session ids with: two processes must not have the same ones. */
const SESSION_HEAD = '00000000-0000-4000-9000-';

/**
 * Is a provider as the simulator models it: the same state machine that explorations run, in real time. Whatever was not measured ends
 * the process with `EXIT.nothing`. Each process has a disk of its own: a session of another process is not known. Throws
 * {@link InputError} for a script or a file of faults that cannot be used.
 */
export function standInModel({ provider, script, faults, speed, state }: ModelStandIn, args: readonly string[]): void {
  const wire = processWire();
  const plan = readModelFaults(faults);
  const results = new StandInState(state);
  const kernel = new Kernel({ maxEvents: Number.MAX_SAFE_INTEGER });
  const machine = new Machine(kernel);
  const source = scriptSource(readScript(script));
  const hooks = {
    start: () => plan.start(),
    model: ({ ofProcess }: { readonly ofProcess: number }) => plan.model(ofProcess),
  };
  if (provider === 'codex') installCodex(machine, { model: source, faults: hooks, epochMs: Date.now() });
  else installClaude(machine, { model: source, faults: hooks });
  machine.reusePidNext(process.pid);
  machine.pidMax = Math.max(machine.pidMax, process.pid + 1);
  const head = `${process.pid.toString(16).padStart(8, '0').slice(-8)}-${(Date.now() & 0xffff).toString(16).padStart(4, '0')}-4000-9000-`;
  const outward = (text: string): string => text.replaceAll(SESSION_HEAD, head);
  const inward = (text: string): string => text.replaceAll(head, SESSION_HEAD);
  const conclude = (how: Parameters<Wire['end']>[0], complaint?: string): never => {
    const result = judge({
      tool: provider,
      pid: process.pid,
      transcript: null,
      lane: null,
      complaint: complaint === undefined ? null : { status: 'nothing', message: complaint },
      fired: plan.fired,
      unfired: plan.unfired,
    });
    results.save(null, result);
    if (result.status === 'pass') return wire.end(how);
    wire.stderr(`reprise: ${result.message}\n`);
    return wire.end({ code: EXIT[result.status] });
  };
  const begun = performance.now();
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      conclude({ code: EXIT.nothing }, (error as Error).message);
    }
  };
  const tick = (): void => {
    const until = Math.floor((performance.now() - begun) * Math.min(speed, MAX_SPEED));
    while (kernel.step(until));
    kernel.advanceTo(until);
  };
  const proc = { current: null as Proc | null };
  guarded(() => {
    proc.current = machine.start({
      argv: [provider, ...args.map(inward)],
      program: found(machine, provider),
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: process.cwd(),
      env: environment(),
      sink: {
        stdout: (chunk) => wire.stdout(Buffer.from(outward(chunk), 'utf8')),
        stderr: (chunk) => wire.stderr(outward(chunk)),
        exited: (code, signal) => conclude(code === null ? { signal: signal as NodeJS.Signals } : { code }),
      },
    });
  });
  const input = (work: (to: Proc) => void): void =>
    guarded(() => {
      tick();
      if (proc.current?.alive) work(proc.current);
      tick();
    });
  wire.listen({
    line: (text) => input((to) => to.feed(`${inward(text)}\n`)),
    eof: () => input((to) => to.feedEnd()),
    signal: (name) => input((to) => to.receive(name as Signal)),
    stdoutBroken: () => conclude({ signal: 'SIGPIPE' }),
  });
  setInterval(() => guarded(tick), TICK_MS);
}

function found(machine: Machine, provider: Provider) {
  const looked = machine.lookUp(provider, process.cwd());
  if (looked.kind === 'failed') throw new Error(`${provider} is not installed on the simulated machine`);
  return looked.program;
}

/** For clients that only want an answer. */
const ECHO: ModelScript = {
  rules: [
    {
      when: { user: { includes: '' } },
      reply: [{ do: 'text', chunks: ['I was told something, ', 'and that is all.'] }],
    },
  ],
};

function readScript(path: string | null): ModelScript {
  if (path === null) return ECHO;
  try {
    const value = JSON.parse(readText(path, 'a script of the model (JSON)')) as Json;
    return value as unknown as ModelScript;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: not JSON: ${(error as Error).message}`);
  }
}
