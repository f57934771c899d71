import type { ClientEnd, WorldNetwork } from './network.ts';
import type { Proc, Program } from './proc.ts';

/** What the daemon says, one JSON object a line. */
type Frame =
  | { readonly type: 'attached'; readonly pair: string }
  | { readonly type: 'ping' | 'pong'; readonly n: number }
  | { readonly type: 'refused' | 'closed'; readonly code: number; readonly reason: string };

/** What one run of a TUI sees of its daemon. */
export interface TuiRun {
  readonly proc: Proc;
  readonly token: string;
  readonly port: number;
  /** It was told that it has the seat, on the connection that it has now. */
  attached: boolean;
  /** Neither end has closed its connection. */
  readonly connected: boolean;
  /** Why the daemon sent it away; null when it did not, or said nothing. */
  code: number | null;
  /** It was sent away before it had the seat. */
  refused: boolean;
  /** Leaves politely, or as a killed process does. */
  leave(how: 'bye' | 'kill'): void;
  /** Its connection breaks; it connects again `backMs` later. */
  drop(backMs: number): void;
}

/** A Codex TUI at a pair's port, as far as the daemon sees it: it says hello, answers pings, ends with its connection. */
export function tuiProgram(
  network: WorldNetwork,
  port: number,
  token: string,
  connecting: (run: TuiRun) => void,
  changed: (run: TuiRun) => void,
): Program {
  return (proc) => {
    let end: ClientEnd | null = null;
    const say = (frame: object): void => end?.send(`${JSON.stringify(frame)}\n`);
    const run: TuiRun = {
      proc,
      token,
      port,
      attached: false,
      get connected() {
        return end?.open ?? false;
      },
      code: null,
      refused: false,
      leave(how) {
        if (how === 'bye') say({ type: 'bye' });
        gone(0);
      },
      drop(backMs) {
        if (!end) return;
        end.close();
        end = null;
        run.attached = false;
        changed(run);
        proc.after(backMs, connect);
      },
    };
    const gone = (status: number): void => {
      run.attached = false;
      changed(run);
      proc.exit(status);
    };
    const take = (frame: Frame): void => {
      if (frame.type === 'ping') say({ type: 'pong', n: frame.n });
      else if (frame.type === 'attached') run.attached = true;
      else if (frame.type === 'refused' || frame.type === 'closed') {
        run.code = frame.code;
        run.refused = frame.type === 'refused';
      }
      changed(run);
    };
    const connect = (): void => {
      connecting(run);
      end = network.connect(proc, port, {
        data(chunk) {
          for (const line of chunk.split('\n')) if (line !== '') take(JSON.parse(line) as Frame);
        },
        closed: () => gone(1),
      });
      if (!end) return gone(1);
      say({ type: 'hello', token });
    };
    connect();
  };
}
