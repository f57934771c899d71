import type { Processes } from '../../core/index.ts';
import { startLoopback } from '../../host/loopback.ts';
import { type LoopbackNamespace, type NoNamespace, openLoopbackNamespace } from '../../host/loopback-namespace.ts';
import { RealPace } from '../../host/pace.ts';
import { type ModelAsk, type ModelScript, modelHandlers } from '../../world/model/index.ts';

/** The scripted model on loopback, if possible in a network namespace that has nothing else. */
export interface ModelServer {
  readonly url: string;
  readonly network: LoopbackNamespace | NoNamespace;
  /** Opens the script's gates. */
  readonly pace: RealPace;
  /** What it was asked, in order. */
  readonly asks: readonly ModelAsk[];
  /** Requests to which the script or the handlers had no answer. */
  problems(): readonly string[];
  /** Idempotent. */
  close(): Promise<void>;
}

/** `changed` is called after each request. */
export async function startModelServer(script: ModelScript, changed: () => void): Promise<ModelServer> {
  const network = await openLoopbackNamespace();
  const pace = new RealPace();
  const asks: ModelAsk[] = [];
  const unanswered: string[] = [];
  const handlers = modelHandlers(script, {
    pacer: pace,
    onAsk(ask, _key, rule) {
      asks.push(ask);
      if (rule === null) unanswered.push(`no rule of the script answers ${JSON.stringify(ask)}`);
      changed();
    },
  });
  const loopback = await startLoopback({
    handlers,
    ...(network.kind === 'isolated' ? { socket: network.server } : {}),
  });
  return {
    url: loopback.url,
    network,
    pace,
    asks,
    problems: () => [...unanswered, ...loopback.problems],
    async close() {
      pace.stop();
      await loopback.close();
      if (network.kind === 'isolated') await network.close();
    },
  };
}

/** The same processes, but what is started is started inside the namespace, if there is one. */
export function insideNetwork(processes: Processes, network: ModelServer['network']): Processes {
  if (network.kind === 'not-isolated') return processes;
  return {
    ...processes,
    spawn({ file, args, cwd, env, lane }, events) {
      if (cwd === undefined || env === undefined)
        throw new Error(`${lane}: a provider needs a folder and an environment`);
      return processes.spawn({ ...network.enter({ file, args, cwd, env }), lane }, events);
    },
  };
}
