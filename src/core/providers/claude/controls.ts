import type { Ports, Timer } from '../../ports.ts';
import type { Failure, Outcome } from '../types.ts';
import { failure } from './failure.ts';
import { asObject, asString, type Json } from './json.ts';

interface Call {
  readonly settle: (outcome: Outcome<Json>) => void;
  readonly timer: Timer;
}

/** Our control requests to Claude that wait for their answers. */
export class ControlCalls {
  readonly #ports: Pick<Ports, 'clock' | 'ids'>;
  readonly #lane: string;
  readonly #write: (frame: object) => boolean;
  readonly #calls = new Map<string, Call>();

  constructor(ports: Pick<Ports, 'clock' | 'ids'>, lane: string, write: (frame: object) => boolean) {
    this.#ports = ports;
    this.#lane = lane;
    this.#write = write;
  }

  get waiting(): number {
    return this.#calls.size;
  }

  /** Sends a request and resolves with its answer, or fails after `timeoutMs`, or when the pipe takes nothing any more. */
  request(request: { readonly subtype: string }, timeoutMs: number): Promise<Outcome<Json>> {
    const id = this.#ports.ids.next('ctl');
    if (!this.#write({ request_id: id, type: 'control_request', request })) {
      return Promise.resolve({ ok: false, failure: failure('transport', 'claude takes no requests any more', false) });
    }
    return new Promise((resolve) => {
      const timer = this.#ports.clock.timer(timeoutMs, `claude-${request.subtype} ${this.#lane}`, () => {
        this.#calls.delete(id);
        const message = `claude did not answer ${request.subtype} within ${timeoutMs} ms`;
        resolve({ ok: false, failure: failure('timed-out', message, true) });
      });
      this.#calls.set(id, { settle: resolve, timer });
    });
  }

  /** A `control_response` frame. An unknown id (answered too late) is ignored. */
  onResponse(frame: Json): void {
    const response = asObject(frame.response);
    const id = asString(response.request_id) ?? '';
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    call.timer.cancel();
    if (response.subtype === 'success') {
      call.settle({ ok: true, value: asObject(response.response) });
    } else {
      const message = asString(response.error) ?? 'claude refused the request';
      call.settle({ ok: false, failure: failure('rejected', message, false) });
    }
  }

  failAll(why: Failure): void {
    for (const call of this.#calls.values()) {
      call.timer.cancel();
      call.settle({ ok: false, failure: why });
    }
    this.#calls.clear();
  }
}
