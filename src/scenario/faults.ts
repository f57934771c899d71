import { chatName, type Fault, pairName } from './scenario.ts';
import type { Simulation } from './simulation.ts';

/** What a fault that had nothing to act upon says; null when it acted. */
type Unfired = string | null;

/** Makes things go wrong, and right again. */
export class Faults {
  readonly #simulation: Simulation;
  readonly #unfired = new Map<Fault, string>();
  readonly #fired = new Set<Fault>();
  #commits = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Arms the faults that wait for something else than a time. */
  arm(faults: readonly Fault[]): void {
    const waiting = faults.filter((fault) => fault.kind === 'daemon-crash-at-write');
    this.#simulation.onCommit = () => {
      this.#commits++;
      for (const fault of waiting) if (fault.write === this.#commits) this.#crash(fault, fault.downMs);
    };
  }

  /** A timed fault's time has come. */
  start(fault: Fault): void {
    const unfired = this.#act(fault);
    if (unfired === null) this.#fired.add(fault);
    else this.#unfired.set(fault, unfired);
  }

  /** Ends what lasts. From now on nothing goes wrong any more. */
  heal(): void {
    const { terminals, scenario, modelFaults, kernel } = this.#simulation;
    kernel.record('fault', 'heal');
    this.#simulation.onCommit = null;
    terminals.resume();
    terminals.repairBinary();
    for (const fault of scenario.faults) if (fault.kind === 'model-error') modelFaults.stop(fault);
    this.#simulation.boot();
  }

  /** Kinds of faults that acted. */
  firedKinds(): Set<Fault['kind']> {
    const { modelFaults } = this.#simulation;
    return new Set([...this.#fired, ...modelFaults.fired].map(({ kind }) => kind));
  }

  /** One line for each fault that did not act. */
  unfired(): string[] {
    const { scenario, modelFaults } = this.#simulation;
    return scenario.faults
      .filter((fault) => !this.#fired.has(fault) && !(fault.kind === 'model-error' && modelFaults.fired.has(fault)))
      .map((fault) => `${fault.kind} at ${fault.at}: ${this.#unfired.get(fault) ?? 'nothing met it'}`);
  }

  #act(fault: Fault): Unfired {
    const { terminals, kernel, modelFaults, machine, scenario } = this.#simulation;
    kernel.record('fault', fault.kind, 'how' in fault ? fault.how : '');
    switch (fault.kind) {
      case 'tmux-stall':
        kernel.schedule(fault.forMs, () => terminals.resume());
        return terminals.stall() ? null : 'no tmux server is running';
      case 'tmux-kill':
        return terminals.killServers() ? null : 'no tmux server is running';
      case 'tmux-broken':
        kernel.schedule(fault.forMs, () => terminals.repairBinary());
        terminals.breakBinary(fault.how);
        return null;
      case 'app-server-exit': {
        const proc = this.#appServer(pairName(scenario, fault.pair));
        if (!proc) return 'its pair has no app-server at this time';
        if (fault.how === 'exit') proc.exit(1);
        else machine.kill(0, proc.pid, 'SIGKILL');
        return null;
      }
      case 'transport-cut': {
        const proc = this.#appServer(pairName(scenario, fault.pair));
        if (!proc) return 'its pair has no app-server at this time';
        this.#simulation.incarnation?.children.get(proc.pid)?.breakStdin();
        return null;
      }
      case 'claude-kill': {
        const proc = this.#running(`claude ${chatName(scenario, fault.chat)}#`);
        if (!proc) return 'its chat has no claude process at this time';
        machine.kill(0, proc.pid, 'SIGKILL');
        return null;
      }
      case 'model-error':
        modelFaults.start(fault);
        kernel.schedule(fault.forMs, () => modelFaults.stop(fault));
        return 'no request met it';
      case 'daemon-crash':
        return this.#crash(fault, fault.downMs) ? null : 'no daemon is running';
      case 'daemon-crash-at-write':
        return 'the daemon did not write that often';
    }
  }

  #crash(fault: Fault, downMs: number): boolean {
    const { incarnation, kernel } = this.#simulation;
    if (!incarnation?.alive) return false;
    this.#fired.add(fault);
    this.#simulation.crash();
    kernel.schedule(downMs, () => this.#simulation.boot());
    return true;
  }

  #appServer(pairId: string) {
    return this.#running(`codex ${pairId}#`);
  }

  #running(lanePrefix: string) {
    const children = [...(this.#simulation.incarnation?.children.values() ?? [])];
    return children.findLast(({ lane, proc }) => lane.startsWith(lanePrefix) && proc?.alive)?.proc ?? null;
  }
}
