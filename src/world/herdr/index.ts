import type { KilledByCommand } from '../killed-by-command.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import { Tty } from '../tmux/tty.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { backgroundShell } from './background-shell.ts';

/** From a client's start to its answer; from a server's start to its first answer (D49: up to 5 s); ms. */
const ANSWER_MS = 5;
const BOOT_MS = 300;
/** How long a server takes to stop when its agent does not go (D28). */
const STOP_MS = 15_000;

export interface HerdrAgent {
  readonly name: string;
  readonly paneId: string;
  readonly pane: Proc;
  readonly tty: Tty;
  readonly screen: { text: string };
}

export interface HerdrSession {
  readonly name: string;
  server: Proc | null;
  /** The server answers. */
  up: boolean;
  /** Connections to it fail, whatever it does. */
  broken: boolean;
  /** Its list of agents is empty, whoever runs. */
  hidesAgents: boolean;
  /** Stopping takes its time, whatever the agent does. */
  stopsSlowly: boolean;
  /** Those that have not ended, in the order of their making. */
  readonly agents: HerdrAgent[];
  made: number;
  /** When a client was last told which agents there are; virtual ms. */
  shownAt: number;
}

/**
 * herdr before 0.7.5, with the habits of facts/sessions-and-locks.md A2.3, D28 and D31, which were read in its source and
 * never run here: `session list` exits 0 and says `running: false` of whatever it cannot connect to, also while a server
 * boots; agents vanish from the list when they end; `stop` waits for up to 15 s and keeps the row, `delete` refuses while
 * it is running.
 */
export class Herdr {
  readonly #machine: Machine;
  /** Told of each session that a command stops, at that instant. */
  onKilled: ((event: KilledByCommand) => void) | null = null;
  readonly #sessions = new Map<string, HerdrSession>();

  constructor(machine: Machine, names: readonly string[] = ['herdr']) {
    this.#machine = machine;
    for (const name of names) machine.executables.set(name, { kind: 'program', program: (proc) => this.#main(proc) });
    if (!machine.executables.has('sh'))
      machine.executables.set('sh', { kind: 'program', program: backgroundShell(machine) });
  }

  /** Every session whose server lives. */
  live(): HerdrSession[] {
    return [...this.#sessions.values()].filter(({ server }) => server?.alive);
  }

  /** The session of this name, for those who make things go wrong. */
  session(name: string): HerdrSession | undefined {
    return this.#sessions.get(name);
  }

  #main(proc: Proc): void {
    const words = proc.argv.slice(1);
    const [first, name = '', ...rest] = words;
    if (first === '--session' && rest[0] === 'server') return this.#serve(proc, name);
    proc.after(ANSWER_MS, () => {
      if (first === 'session' && name === 'list') return this.#list(proc);
      if (first === 'session' && name === 'stop') return this.#stop(proc, rest[0]!);
      if (first === 'session' && name === 'delete') return this.#delete(proc, rest[0]!);
      if (first !== '--session') throw new UnmodelledError('herdr', words.join(' '));
      const session = this.#sessions.get(name);
      const { server } = session ?? {};
      if (!session || !server || !connects(session)) return fail(proc, 'connection refused');
      server.whenRunning(() => proc.whenRunning(() => this.#act(proc, session, server, rest)));
    });
  }

  #serve(proc: Proc, name: string): void {
    // One server for a session.
    if (this.#sessions.get(name)?.server?.alive) return void proc.after(ANSWER_MS, () => proc.exit(1));
    const session: HerdrSession = {
      name,
      server: proc,
      up: false,
      broken: false,
      hidesAgents: false,
      stopsSlowly: false,
      agents: [],
      made: 0,
      shownAt: -1,
    };
    this.#sessions.set(name, session);
    proc.after(BOOT_MS, () => {
      session.up = true;
    });
    proc.onDeath = () => {
      for (const { pane } of session.agents.splice(0)) {
        if (!pane.alive) continue;
        this.#machine.kill(0, -pane.pgid, 'SIGHUP');
        if (pane.alive) pane.feedEnd();
      }
    };
  }

  /** Exits 0 whatever there is. A server that hangs keeps the list waiting. */
  #list(proc: Proc): void {
    const hanging = [...this.#sessions.values()].find((session) => connects(session) && stopped(session));
    if (hanging) return void hanging.server!.whenRunning(() => proc.whenRunning(() => this.#list(proc)));
    const sessions = [...this.#sessions.values()].map((session) => ({
      name: session.name,
      running: connects(session),
    }));
    print(proc, { sessions });
  }

  #stop(proc: Proc, name: string): void {
    const session = this.#sessions.get(name);
    const server = session?.server;
    if (!session || !server || !connects(session)) return fail(proc, `session ${name} is not running`);
    server.whenRunning(() => {
      const running = () => session.agents.flatMap(({ pane }) => (pane.alive ? [pane] : []));
      const livePids = running().map(({ pid }) => pid);
      this.onKilled?.({ name, clientPid: proc.pid, livePids, shownAt: session.shownAt });
      for (const pane of running()) this.#machine.kill(0, -pane.pgid, 'SIGHUP');
      const end = () => {
        server.exit(0);
        proc.whenRunning(() => print(proc, { stopped: name }));
      };
      if (running().length > 0 || session.stopsSlowly) server.after(STOP_MS, end);
      else end();
    });
  }

  #delete(proc: Proc, name: string): void {
    const session = this.#sessions.get(name);
    if (!session) return fail(proc, `session ${name} not found`);
    if (session.server?.alive) return fail(proc, `session ${name} is running`);
    this.#sessions.delete(name);
    print(proc, { deleted: name });
  }

  #act(proc: Proc, session: HerdrSession, server: Proc, words: readonly string[]): void {
    const agents = session.hidesAgents ? [] : session.agents;
    const [topic, verb] = words;
    if (topic === 'agent' && verb === 'start') return this.#start(proc, session, server, words.slice(2));
    if (topic === 'agent' && verb === 'list') {
      session.shownAt = this.#machine.kernel.now;
      return print(proc, { agents: agents.map(({ name, paneId }) => ({ name, pane_id: paneId })) });
    }
    const agent = agents.find(({ name, paneId }) => words.includes(topic === 'pane' ? paneId : name));
    if (!agent) return fail(proc, 'no such agent');
    if (topic === 'agent' && verb === 'read') {
      proc.stdout(`${agent.screen.text}\n`);
      return proc.exit(0);
    }
    if (topic === 'pane' && verb === 'process-info') return print(proc, { pid: agent.pane.pid });
    if (topic !== 'pane' || verb !== 'send-text') throw new UnmodelledError('herdr', words.join(' '));
    agent.tty.input(agent.pane, words[3] ?? '');
    print(proc, {});
  }

  #start(proc: Proc, session: HerdrSession, server: Proc, words: readonly string[]): void {
    const env: Record<string, string> = { ...server.env };
    const argv = words.slice(words.indexOf('--') + 1);
    const cwd = words[words.indexOf('--cwd') + 1] ?? server.cwd;
    for (let at = words.indexOf('--env'); at >= 0; at = words.indexOf('--env', at + 1)) {
      const [name = '', value = ''] = (words[at + 1] ?? '').split(/=(.*)/s);
      env[name] = value;
    }
    const [name = ''] = words;
    if (session.agents.some((agent) => agent.name === name)) return fail(proc, `agent ${name} exists`);
    const found = this.#machine.lookUp(argv[0] ?? '', cwd);
    const screen = { text: '' };
    const tty = new Tty(this.#machine, (text) => {
      screen.text += text.replaceAll('\r', '');
    });
    const output = (chunk: string) => tty.output(chunk);
    const ended = () => {
      this.#machine.reap(agent.pane);
      const at = session.agents.indexOf(agent);
      if (at >= 0) session.agents.splice(at, 1);
    };
    const pane = this.#machine.start({
      argv,
      program: found.kind === 'found' ? found.program : (process) => process.exit(127),
      ...{ parent: server, newGroup: true, uid: server.uid, cwd, env },
      sink: { stdout: output, stderr: output, exited: () => void server.after(1, ended) },
    });
    const agent: HerdrAgent = { name, paneId: `p-${++session.made}`, pane, tty, screen };
    session.agents.push(agent);
    print(proc, { started: words[0] });
  }
}

function connects({ server, up, broken }: HerdrSession): boolean {
  return server?.alive === true && up && !broken;
}

function stopped({ server }: HerdrSession): boolean {
  return server?.state === 'stopped';
}

function print(proc: Proc, value: unknown): void {
  proc.stdout(`${JSON.stringify({ result: value })}\n`);
  proc.exit(0);
}

function fail(proc: Proc, words: string): void {
  proc.stderr(`${words}\n`);
  proc.exit(1);
}
