import { connect, type Socket } from 'node:net';

/** What the daemon has said to a TUI. */
export interface TuiFrame {
  readonly type: string;
  readonly code?: number;
  readonly n?: number;
}

/** A TUI at a pair's real port, as far as the daemon sees it: it says hello, answers pings, and is there until it leaves. */
export class LiveTui {
  readonly frames: TuiFrame[] = [];
  readonly #socket: Socket;
  #answers = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#take(JSON.parse(line) as TuiFrame);
    });
    socket.on('error', () => {});
  }

  /** Resolves when the connection is there; rejects when nobody listens. What the daemon says to it is in `frames`. */
  static connect(port: number, token: string): Promise<LiveTui> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        const tui = new LiveTui(socket);
        tui.say({ type: 'hello', token });
        resolve(tui);
      });
    });
  }

  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Does not answer any more, as a peer that vanished without a word. */
  freeze(): void {
    this.#answers = false;
  }

  say(frame: object): void {
    this.#socket.write(`${JSON.stringify(frame)}\n`);
  }

  /** Says good-bye and hangs up. */
  leave(): void {
    this.say({ type: 'bye' });
    this.#socket.end();
  }

  /** Hangs up as a killed process does. */
  drop(): void {
    this.#socket.destroy();
  }

  #take(frame: TuiFrame): void {
    this.frames.push(frame);
    if (frame.type === 'ping' && this.#answers) this.say({ type: 'pong', n: frame.n });
  }
}
