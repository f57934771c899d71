import type { Ports } from '../../../src/core/ports.ts';
import { CodexClient, type CodexClientOptions } from '../../../src/core/providers/codex/index.ts';
import type { Outcome, TurnEvent } from '../../../src/core/providers/types.ts';
import type { Choice } from '../../../src/kernel/choices.ts';
import { ChoiceList } from '../../../src/kernel/choices.ts';
import { inMacrotask, runKernel } from '../../../src/kernel/drain.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { type CodexOptions, type CodexWorld, installCodex } from '../../../src/world/codex/index.ts';
import { WorldDatabase } from '../../../src/world/database.ts';
import { WorldIds } from '../../../src/world/ids.ts';
import { Incarnation } from '../../../src/world/incarnation.ts';
import { Machine } from '../../../src/world/machine.ts';
import type { ModelScript } from '../../../src/world/model/index.ts';
import { scriptSource } from '../../../src/world/model/source.ts';

export const CWD = '/home/dev/workspace';

/** A machine with codex on it, one daemon, and what the daemon logged. */
export interface Simulated {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly codex: CodexWorld;
  readonly ports: Ports;
  readonly daemon: Incarnation;
  readonly log: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> }[];
  options(more?: Partial<CodexClientOptions>): CodexClientOptions;
  /** Resolves after this many virtual ms. */
  sleep(ms: number): Promise<void>;
}

export interface SimulationOptions extends Partial<CodexOptions> {
  readonly script: ModelScript;
  readonly choices?: readonly Choice[];
}

/** Runs `body` in virtual time to its end. Fails when it does not end by itself. */
export function simulate<T>(options: SimulationOptions, body: (world: Simulated) => Promise<T>): Promise<T> {
  return inMacrotask(() => {
    const { script, choices, ...rest } = options;
    const kernel = new Kernel({ choices: new ChoiceList(choices ?? []) });
    const machine = new Machine(kernel);
    const codex = installCodex(machine, { model: scriptSource(script), ...rest });
    const database = new WorldDatabase();
    const log: Simulated['log'] = [];
    const daemon = new Incarnation({
      machine,
      database,
      ids: new WorldIds(),
      uid: 1000,
      number: 1,
      cwd: CWD,
      onPublish: () => {},
      onLog: (type, fields) => log.push({ type, fields }),
      onCommit: () => {},
      onHangUp: () => {},
    });
    const { ports } = daemon;
    const world: Simulated = {
      kernel,
      machine,
      codex,
      ports,
      daemon,
      log,
      options: (more) => ({
        command: { file: 'codex', args: ['app-server'], cwd: CWD, env: { HOME: '/home/dev' } },
        lane: 'codex:1',
        clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
        initializeTimeoutMs: 5_000,
        requestTimeoutMs: 5_000,
        ...more,
      }),
      sleep: (ms) => new Promise((resolve) => void kernel.schedule(ms, resolve)),
    };
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null;
    body(world).then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    try {
      runKernel(kernel);
    } finally {
      database.close();
    }
    const done = outcome as { readonly value: T } | { readonly error: unknown } | null;
    if (!done) throw new Error(`the simulated body did not end; virtual time stands still at ${kernel.now} ms`);
    if ('error' in done) throw done.error;
    return done.value;
  });
}

/** The value of an outcome that must be a success. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.class}: ${outcome.failure.message}`);
  return outcome.value;
}

/** Starts a client and a thread on it. */
export async function startedThread(world: Simulated): Promise<{ client: CodexClient; threadId: string }> {
  const client = value(await CodexClient.start(world.ports, world.options()));
  return { client, threadId: value(await client.startThread({ cwd: CWD })) };
}

/** Collects a turn's events. */
export class Events {
  readonly all: TurnEvent[] = [];
  #ended: (() => void)[] = [];

  readonly sink = (event: TurnEvent): void => {
    this.all.push(event);
    if (event.type === 'ended') for (const resolve of this.#ended) resolve();
  };

  get types(): string {
    return this.all.map((event) => event.type).join(' ');
  }

  get end(): Extract<TurnEvent, { type: 'ended' }> | undefined {
    const last = this.all.at(-1);
    return last?.type === 'ended' ? last : undefined;
  }

  of<Type extends TurnEvent['type']>(type: Type): Extract<TurnEvent, { type: Type }>[] {
    return this.all.filter((event): event is Extract<TurnEvent, { type: Type }> => event.type === type);
  }

  ended(): Promise<void> {
    return this.end ? Promise.resolve() : new Promise((resolve) => void this.#ended.push(resolve));
  }
}
