import type { Machine } from '../world/machine.ts';
import { Zellij, type ZellijSession } from '../world/zellij/index.ts';
import { BreakableTool } from './broken-tool.ts';
import { WORKSPACE } from './simulated-config.ts';

/** From the end of a session to a user's next command. */
const NEXT_COMMAND_MS = 60;

/** zellij's sessions as they really are, and what can happen to them. */
export class ZellijTruth {
  readonly tool: BreakableTool;
  readonly world: Zellij;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.world = new Zellij(machine);
    this.tool = new BreakableTool(machine, 'zellij');
  }

  /** pid of a live process in the session of this name. */
  livePane(name: string): number | null {
    const panes = this.world.live().flatMap((session) => (session.name === name ? session.panes : []));
    return panes.find(({ proc }) => proc?.alive)?.proc?.pid ?? null;
  }

  /** The session of a live server that has this process in a pane. */
  keeperOf(pid: number): ZellijSession | null {
    const has = ({ panes }: ZellijSession) => panes.some(({ proc }) => proc?.alive && proc.pid === pid);
    return this.world.live().find(has) ?? null;
  }

  canReach(pid: number): boolean {
    return this.keeperOf(pid)?.socket === 'listens';
  }

  /** The session of this name, if its server lives. */
  named(name: string): ZellijSession | null {
    const session = this.world.session(name);
    return session?.server?.alive ? session : null;
  }

  signal({ server }: ZellijSession, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    if (server) this.#machine.kill(0, server.pid, signal);
  }

  /** A user deletes a session, and may start one of their own under its name; or works in it, too. */
  act(name: string, how: 'kill' | 'namesake' | 'beside'): void {
    if (how === 'beside') {
      this.tool.run(WORKSPACE, '--session', name, 'action', 'new-pane', '--', 'worker', 'notes');
      return;
    }
    this.tool.run(WORKSPACE, 'delete-session', name, '-f');
    if (how === 'kill') return;
    this.#machine.kernel.schedule(NEXT_COMMAND_MS, () =>
      this.tool.run(WORKSPACE, 'attach', '--create-background', name, '--', 'worker', 'notes'),
    );
  }

  /** Nothing goes wrong any more: what is cut off for good is killed. */
  heal(): void {
    this.tool.repair();
    for (const session of this.world.live()) {
      if (session.socket === 'error') session.socket = 'listens';
      this.signal(session, session.socket === 'refused' ? 'SIGKILL' : 'SIGCONT');
    }
  }
}
