/** Someone who waits, e.g. a client: called when the wait is over. */
type Waiter = () => void;

interface Channel {
  woken: boolean;
  locked: boolean;
  readonly waiters: Waiter[];
  readonly lockers: Waiter[];
}

/**
 * `wait-for` (facts tmux.md 6). A client that is killed keeps its place: it swallows a signal, and it may be given a lock
 * that nobody then unlocks (measured).
 */
export class WaitChannels {
  readonly #channels = new Map<string, Channel>();

  /** True when the channel was signalled before: then there is nothing to wait for. */
  wait(name: string, waiter: Waiter): boolean {
    const channel = this.#open(name);
    if (channel.woken) {
      channel.woken = false;
      this.#tidy(name, channel);
      return true;
    }
    channel.waiters.push(waiter);
    return false;
  }

  signal(name: string): void {
    const channel = this.#open(name);
    const waiters = channel.waiters.splice(0);
    if (waiters.length === 0) channel.woken = true;
    this.#tidy(name, channel);
    for (const waiter of waiters) waiter();
  }

  /** True when the lock was free. */
  lock(name: string, locker: Waiter): boolean {
    const channel = this.#open(name);
    if (channel.locked) {
      channel.lockers.push(locker);
      return false;
    }
    channel.locked = true;
    return true;
  }

  /** False when the channel was not locked. */
  unlock(name: string): boolean {
    const channel = this.#channels.get(name);
    if (!channel?.locked) return false;
    const next = channel.lockers.shift();
    if (next) next();
    else {
      channel.locked = false;
      this.#tidy(name, channel);
    }
    return true;
  }

  /** The server exits: every wait is over. */
  flush(): void {
    const waiting = [...this.#channels.values()].flatMap(({ waiters, lockers }) => [
      ...waiters.splice(0),
      ...lockers.splice(0),
    ]);
    this.#channels.clear();
    for (const waiter of waiting) waiter();
  }

  #open(name: string): Channel {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = { woken: false, locked: false, waiters: [], lockers: [] };
      this.#channels.set(name, channel);
    }
    return channel;
  }

  #tidy(name: string, { woken, locked, waiters }: Channel): void {
    if (!woken && !locked && waiters.length === 0) this.#channels.delete(name);
  }
}
