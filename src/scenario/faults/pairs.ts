import type { PAIR_FAULTS, SEAT_FAULTS } from '../kinds/pairs.ts';
import { type Fault, pairName } from '../scenario.ts';
import { WORKSPACE } from '../simulated-config.ts';
import type { Simulation } from '../simulation.ts';
import type { SeenTui } from '../tuis.ts';
import type { Behaviours } from './behaviour.ts';

const NO_TUI = 'its pair has no TUI at this time';

function tuiOf(fault: { readonly pair: number }, { tuis, scenario }: Simulation): SeenTui | null {
  return tuis.last(pairName(scenario, fault.pair));
}

type Of<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** Frozen TUIs and the programs that hold ports, by their faults. */
const frozen = new WeakMap<Of<'tui-freeze'>, SeenTui>();
const released = new WeakMap<Fault, () => void>();

/** Some program of the same user that listens and says nothing. */
function holdPort(fault: Of<'port-taken'>, simulation: Simulation, onTaken: () => void): () => void {
  const { machine, config, book, status } = simulation;
  const pairId = pairName(simulation.scenario, fault.pair);
  const port =
    status?.pairs.find((pair) => pair.pairId === pairId)?.port ??
    book.ports.get(pairId) ??
    config.pairs.portBase + config.pairs.portStride * (fault.pair % simulation.scenario.pairs);
  const proc = machine.start({
    argv: ['http-server', String(port)],
    program: (self) => {
      machine.network.listenWhenFree(self, port, onTaken);
    },
    parent: null,
    newGroup: true,
    uid: 1000,
    cwd: WORKSPACE,
    env: {},
    sink: { stdout: () => {}, stderr: () => {}, exited: () => {} },
  });
  return () => {
    if (proc.alive) proc.exit(0);
  };
}

export const PAIR_BEHAVIOURS: Behaviours<typeof SEAT_FAULTS & typeof PAIR_FAULTS> = {
  'tui-freeze': {
    start(fault, { simulation }) {
      const tui = tuiOf(fault, simulation);
      if (!tui) return NO_TUI;
      frozen.set(fault, tui);
      simulation.tuis.freeze(tui);
      simulation.kernel.schedule(fault.forMs, () => simulation.tuis.thaw(tui));
      return null;
    },
    heal(fault, { simulation }) {
      const tui = frozen.get(fault);
      if (tui) simulation.tuis.thaw(tui);
      frozen.delete(fault);
    },
  },
  'tui-drop': {
    start(fault, { simulation }) {
      const tui = tuiOf(fault, simulation);
      if (!tui) return NO_TUI;
      tui.run.drop(fault.backMs);
      return null;
    },
  },
  'port-taken': {
    start(fault, stage) {
      const { simulation } = stage;
      const release = holdPort(fault, simulation, () => stage.fired(fault));
      released.set(fault, release);
      simulation.kernel.schedule(fault.forMs, release);
      return 'the port was never free';
    },
    heal: (fault) => {
      released.get(fault)?.();
      released.delete(fault);
    },
  },
  'app-server-storm': {
    start(fault, stage) {
      const { simulation } = stage;
      const { kernel, machine } = simulation;
      const lane = `codex ${pairName(simulation.scenario, fault.pair)}#`;
      const until = kernel.now + fault.forMs;
      const kill = (pid: number) => {
        stage.fired(fault);
        machine.kill(0, pid, 'SIGKILL');
      };
      for (const { proc, lane: each } of simulation.incarnation?.children.values() ?? []) {
        if (each.startsWith(lane) && proc?.alive) kill(proc.pid);
      }
      const listener = (name: string, pid: number): void => {
        if (!name.startsWith(lane) || kernel.now >= until) return;
        kernel.schedule(fault.lifeMs, () => {
          if (released.has(fault)) kill(pid);
        });
      };
      simulation.onSpawn.push(listener);
      released.set(fault, () => simulation.onSpawn.splice(simulation.onSpawn.indexOf(listener), 1));
      return 'no app-server of its pair was started meanwhile';
    },
    heal: (fault) => {
      released.get(fault)?.();
      released.delete(fault);
    },
  },
};
