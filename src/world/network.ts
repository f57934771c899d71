import type { Connection, ConnectionEvents, ListenResult } from '../core/ports.ts';
import { type Kernel, Lane } from '../kernel/kernel.ts';
import { latency } from './latency.ts';
import type { Proc } from './proc.ts';

/** What a client program hears of its connection. */
export interface ClientEvents {
  data(chunk: string): void;
  /** The other end closed the connection. */
  closed(): void;
}

/** A client program's end of a connection. */
export interface ClientEnd {
  send(data: string): void;
  /** Idempotent. */
  close(): void;
  /** Neither end has closed it. */
  readonly open: boolean;
}

type Accept = (connection: Connection) => ConnectionEvents;

interface Listening {
  readonly holder: Proc;
  /** Null: a program that is not ours listens there and says nothing. */
  readonly accept: Accept | null;
  readonly sockets: Set<Socket>;
}

/** TCP ports of 127.0.0.1 on the simulated machine. When a process dies, the kernel closes its sockets. */
export class WorldNetwork {
  readonly #kernel: Kernel;
  readonly #listening = new Map<number, Listening>();
  readonly #waiting = new Map<number, (() => void)[]>();
  /** Grows whenever somebody begins or ceases to listen. */
  changes = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** pid of the live process that listens on this port; null when none does. */
  holderOf(port: number): number | null {
    return this.#at(port)?.holder.pid ?? null;
  }

  /** Ports on which this process listens, in ascending order. */
  portsOf(proc: Proc): number[] {
    return [...this.#listening]
      .filter(([, { holder }]) => holder === proc && holder.alive)
      .map(([port]) => port)
      .sort((a, b) => a - b);
  }

  /** `bind(2)` and `listen(2)`. `close` frees the port and ends its connections. */
  listen(holder: Proc, port: number, accept: Accept | null): ListenResult {
    const other = this.#at(port);
    if (other) return { kind: 'failed', errno: 'EADDRINUSE', holderPid: other.holder.pid };
    const listening: Listening = { holder, accept, sockets: new Set() };
    this.#listening.set(port, listening);
    this.changes++;
    const close = async (): Promise<void> => {
      for (const socket of [...listening.sockets]) socket.closeByServer();
      if (this.#listening.get(port) === listening) this.#free(port);
    };
    return { kind: 'listening', listener: { port, close } };
  }

  /** A process has died: whoever it was connected to finds the connection closed, and its ports are free. */
  died(proc: Proc): void {
    for (const [port, { holder, sockets }] of this.#listening) {
      if (holder !== proc) continue;
      for (const socket of [...sockets]) socket.closeByServer();
      this.#free(port);
    }
  }

  /** A program that says nothing listens on this port, at once or as soon as it is free. */
  listenWhenFree(holder: Proc, port: number, taken: () => void): void {
    const attempt = (): void => {
      if (!holder.alive) return;
      if (this.listen(holder, port, null).kind === 'listening') taken();
      else this.#waiting.set(port, [...(this.#waiting.get(port) ?? []), attempt]);
    };
    attempt();
  }

  /** `connect(2)`; null: refused. The client's death closes its end; its stop (SIGSTOP) does not. */
  connect(client: Proc, port: number, events: ClientEvents): ClientEnd | null {
    const listening = this.#at(port);
    if (!listening) return null;
    const socket = new Socket(this.#kernel, client, listening, events);
    listening.sockets.add(socket);
    const before = client.onDeath;
    client.onDeath = () => {
      before?.();
      socket.closeByClient();
    };
    socket.accept();
    return socket;
  }

  #free(port: number): void {
    this.#listening.delete(port);
    this.changes++;
    const waiting = this.#waiting.get(port) ?? [];
    this.#waiting.delete(port);
    for (const attempt of waiting) attempt();
  }

  #at(port: number): Listening | null {
    const listening = this.#listening.get(port);
    return listening?.holder.alive ? listening : null;
  }
}

/** One connection. Each direction keeps its order; what was sent before a close arrives before it. */
class Socket implements ClientEnd {
  readonly #kernel: Kernel;
  readonly #client: Proc;
  readonly #listening: Listening;
  readonly #events: ClientEvents;
  readonly #toServer = new Lane();
  readonly #toClient = new Lane();
  #server: ConnectionEvents | null = null;
  #clientClosed = false;
  #serverClosed = false;

  constructor(kernel: Kernel, client: Proc, listening: Listening, events: ClientEvents) {
    this.#kernel = kernel;
    this.#client = client;
    this.#listening = listening;
    this.#events = events;
  }

  get open(): boolean {
    return !this.#clientClosed && !this.#serverClosed;
  }

  accept(): void {
    this.#forServer(() => {
      this.#server =
        this.#listening.accept?.({
          send: (data) => this.#sendToClient(data),
          close: () => this.closeByServer(),
        }) ?? null;
    });
  }

  send(data: string): void {
    if (this.#clientClosed) return;
    this.#forServer(() => {
      this.#kernel.record('network', 'tui', data.trimEnd());
      this.#server?.data(data);
    });
  }

  close(): void {
    this.closeByClient();
  }

  closeByClient(): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    this.#forServer(() => {
      this.#serverClosed = true;
      this.#listening.sockets.delete(this);
      this.#kernel.record('network', 'hung up', '');
      this.#server?.closed();
    });
  }

  closeByServer(): void {
    if (this.#serverClosed) return;
    this.#serverClosed = true;
    this.#listening.sockets.delete(this);
    this.#forClient(() => {
      if (this.#clientClosed) return;
      this.#clientClosed = true;
      this.#events.closed();
    });
  }

  #sendToClient(data: string): boolean {
    if (this.#serverClosed) return false;
    this.#forClient(() => {
      if (!this.#clientClosed) this.#events.data(data);
    });
    return true;
  }

  #forServer(deliver: () => void): void {
    const options = { lane: this.#toServer, fence: this.#listening.holder.fence };
    this.#kernel.schedule(
      latency(this.#kernel, 0),
      () => {
        if (!this.#serverClosed) deliver();
      },
      options,
    );
  }

  #forClient(deliver: () => void): void {
    this.#kernel.schedule(latency(this.#kernel, 0), () => this.#client.whenRunning(deliver), { lane: this.#toClient });
  }
}
