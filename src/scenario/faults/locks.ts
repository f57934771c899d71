import type { Proc } from '../../world/proc.ts';
import { REAL_PATHS } from '../directories.ts';
import type { AGENT_FAULTS, LOCK_FAULTS } from '../kinds/locks.ts';
import { type Fault as AnyFault, chatName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';

/** The process that works for a chat: its claude process, or the worker in its terminal; null when it has none. */
export function processOf(simulation: Simulation, chatId: string): Proc | null {
  const { providers, terminals, machine, durableChats } = simulation;
  const claude = providers.live().find(({ lane }) => lane.startsWith(`claude ${chatId}#`));
  if (claude) return claude.proc;
  const chat = durableChats().find((each) => each.chatId === chatId);
  const pid = chat ? terminals.livePane(chat.terminalName) : null;
  return pid === null ? null : (machine.processes.get(pid) ?? null);
}

const LOOK_AGAIN_MS = 250;

/** Acts as soon as there is something to act upon, until the faults cease. Says what it waits for. */
export function whenThereIs<Fault extends AnyFault>(
  what: string,
  act: (fault: Fault, simulation: Simulation) => boolean,
): { start(fault: Fault, stage: FaultStage): string | null } {
  const attempt = (fault: Fault, stage: FaultStage): boolean => {
    const { simulation } = stage;
    if (simulation.healed) return false;
    const done = act(fault, simulation);
    if (done) stage.fired(fault);
    else simulation.kernel.schedule(LOOK_AGAIN_MS, () => attempt(fault, stage));
    return done;
  };
  return { start: (fault, stage) => (attempt(fault, stage) ? null : what) };
}

export const LOCK_BEHAVIOURS: Behaviours<typeof LOCK_FAULTS & typeof AGENT_FAULTS> = {
  'lock-torn': {
    ...whenThereIs<Extract<AnyFault, { kind: 'lock-torn' }>>('there is no lock', ({ forMs }, simulation) => {
      const { locks, machine, kernel } = simulation;
      const lock = [...locks.locks.values()].find(({ path }) => !locks.torn.has(path));
      const node = lock && machine.files.get(lock.path);
      if (!lock || node?.kind !== 'file' || isBeingChanged(lock.path, simulation)) return false;
      const before = node.content;
      node.content = before.slice(0, 40);
      machine.files.changes++;
      locks.torn.set(lock.path, { now: node.content, before });
      kernel.schedule(forMs, () => repair(simulation, lock.path));
      return true;
    }),
    heal: (_fault, { simulation }) => {
      for (const path of [...simulation.locks.torn.keys()]) repair(simulation, path);
    },
  },
  'disk-full': {
    start(fault, { simulation }) {
      simulation.machine.files.full = true;
      simulation.kernel.schedule(fault.forMs, () => emptyDisk(simulation));
      return null;
    },
    heal: (_fault, { simulation }) => emptyDisk(simulation),
  },
  'locks-unreadable': {
    start(fault, { simulation }) {
      setMode(simulation, 0);
      simulation.kernel.schedule(fault.forMs, () => setMode(simulation, 0o700));
      return null;
    },
    heal: (_fault, { simulation }) => setMode(simulation, 0o700),
  },
  'directory-deleted': {
    start({ directory, forMs }, { simulation }) {
      const path = REAL_PATHS[directory];
      simulation.machine.deleteDirectory(path);
      simulation.kernel.schedule(forMs, () => simulation.locks.makeAgain(path));
      return null;
    },
    heal: ({ directory }, { simulation }) => simulation.locks.makeAgain(REAL_PATHS[directory]),
  },
  'wrapper-dies': whenThereIs<Extract<AnyFault, { kind: 'wrapper-dies' }>>(
    'its chat has no process',
    ({ chat }, simulation) => {
      const { machine, scenario } = simulation;
      const wrapper = processOf(simulation, chatName(scenario, chat));
      if (wrapper) machine.kill(0, wrapper.pid, 'SIGKILL');
      return wrapper !== null;
    },
  ),
  'crash-at-lock-write': {
    arm(fault, stage) {
      const { simulation } = stage;
      let writes = 0;
      simulation.onFileChange.push(() => {
        writes++;
        if (writes !== fault.write || !simulation.incarnation?.alive) return;
        stage.fired(fault);
        simulation.crash();
        simulation.kernel.schedule(fault.downMs, () => simulation.boot());
      });
      return 'the daemon did not change lock files that often';
    },
  },
  zombie: {
    ...whenThereIs<Extract<AnyFault, { kind: 'zombie' }>>('its chat has no worker', ({ chat, forMs }, simulation) => {
      const { machine, scenario, kernel, terminals, durableChats } = simulation;
      const chatId = chatName(scenario, chat);
      const durable = durableChats().find((each) => each.chatId === chatId);
      const pid = durable ? terminals.livePane(durable.terminalName) : null;
      if (pid === null) return false;
      terminals.stall();
      machine.kill(0, pid, 'SIGKILL');
      kernel.schedule(forMs, () => terminals.resume());
      return true;
    }),
    heal: (_fault, { simulation }) => simulation.terminals.resume(),
  },
};

/** A daemon has read it and is about to write it anew: what becomes of the file meanwhile is out of its hands. */
function isBeingChanged(path: string, { machine, locks }: Simulation): boolean {
  const names = machine.files.list(locks.folder, 0);
  const claims = `${path.slice(locks.folder.length + 1)}.`;
  return typeof names !== 'string' && names.some((name) => name.startsWith(claims));
}

/** People put the file back as it was. */
function repair({ locks, machine }: Simulation, path: string): void {
  const torn = locks.torn.get(path);
  const node = machine.files.get(path);
  if (!torn || node?.kind !== 'file') return;
  locks.torn.delete(path);
  node.content = torn.before;
  machine.files.changes++;
  locks.troubleOver();
}

function emptyDisk({ machine, locks }: Simulation): void {
  machine.files.full = false;
  locks.troubleOver();
}

function setMode({ machine, locks }: Simulation, mode: number): void {
  const node = machine.files.get(locks.folder);
  if (node) node.mode = mode;
  else machine.files.set(locks.folder, { kind: 'directory', mode, uid: 1000 });
  locks.troubleOver();
}
