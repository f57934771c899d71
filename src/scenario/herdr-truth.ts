import { Herdr, type HerdrSession } from '../world/herdr/index.ts';
import type { Machine } from '../world/machine.ts';
import { BreakableTool } from './broken-tool.ts';
import { WORKSPACE } from './simulated-config.ts';

/** From one command of a user's to the next: a server has begun to answer by then. */
const NEXT_COMMAND_MS = 500;

/** herdr's sessions as they really are, and what can happen to them. */
export class HerdrTruth {
  readonly tool: BreakableTool;
  readonly world: Herdr;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.world = new Herdr(machine);
    this.tool = new BreakableTool(machine, 'herdr');
  }

  /** pid of a live agent in the session of this name. */
  livePane(name: string): number | null {
    return this.named(name)?.agents.find(({ pane }) => pane.alive)?.pane.pid ?? null;
  }

  /** The session of a live server that has this process as an agent. */
  keeperOf(pid: number): HerdrSession | null {
    const has = ({ agents }: HerdrSession) => agents.some(({ pane }) => pane.alive && pane.pid === pid);
    return this.world.live().find(has) ?? null;
  }

  canReach(pid: number): boolean {
    return this.keeperOf(pid)?.broken === false;
  }

  /** The session of this name, if its server lives. */
  named(name: string): HerdrSession | null {
    const session = this.world.session(name);
    return session?.server?.alive ? session : null;
  }

  signal({ server }: HerdrSession, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    if (server) this.#machine.kill(0, server.pid, signal);
  }

  /** A user stops a session, and may start one of their own under its name; or works in it, too. */
  act(name: string, how: 'kill' | 'namesake' | 'beside'): void {
    const { kernel } = this.#machine;
    const startAgent = () => {
      const agent = ['agent', 'start', 'mine', '--cwd', WORKSPACE, '--', 'worker', 'notes'];
      this.tool.run(WORKSPACE, '--session', name, ...agent);
    };
    if (how === 'beside') return startAgent();
    this.tool.run(WORKSPACE, 'session', 'stop', name, '--json');
    if (how === 'kill') return;
    kernel.schedule(NEXT_COMMAND_MS, () => {
      this.tool.run(WORKSPACE, '--session', name, 'server');
      kernel.schedule(NEXT_COMMAND_MS, startAgent);
    });
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.tool.repair();
    for (const session of this.world.live()) {
      session.broken = false;
      session.hidesAgents = false;
      session.stopsSlowly = false;
      this.signal(session, 'SIGCONT');
    }
  }
}
