import type { Json } from '../../src/transcript/format.ts';
import { claudeProfile } from '../../src/transcript/profile-claude.ts';
import { codexProfile } from '../../src/transcript/profile-codex.ts';
import type { RawRecord } from '../../src/transcript/raw.ts';
import { Redactor } from '../../src/transcript/redact.ts';
import type { SealOptions } from '../../src/transcript/seal.ts';

/** Raw records of one lane, each `step` ms after the one before. */
export class Recording {
  readonly raw: RawRecord[] = [];
  readonly #lane: string;
  readonly #step: number;
  #t: number;

  constructor(lane: string, { step = 10, start = 100 } = {}) {
    this.#lane = lane;
    this.#step = step;
    this.#t = start;
  }

  #at(): { lane: string; t: number } {
    this.#t += this.#step;
    return { lane: this.#lane, t: this.#t };
  }

  spawn(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): this {
    this.raw.push({ k: 'spawn', ...this.#at(), file, args, env });
    return this;
  }

  send(...bodies: readonly Json[]): this {
    for (const body of bodies) this.raw.push({ k: 'line', ...this.#at(), dir: 'send', text: JSON.stringify(body) });
    return this;
  }

  recv(...bodies: readonly Json[]): this {
    for (const body of bodies) this.raw.push({ k: 'line', ...this.#at(), dir: 'recv', text: JSON.stringify(body) });
    return this;
  }

  err(text: string): this {
    this.raw.push({ k: 'line', ...this.#at(), dir: 'err', text });
    return this;
  }

  because(line: number, lane = this.#lane): this {
    this.raw.push({ k: 'because', ...this.#at(), cause: { lane, line } });
    return this;
  }

  http(body: Json, headers: Readonly<Record<string, string>> = {}): this {
    const at = this.#at();
    this.raw.push({
      k: 'http',
      ...at,
      lane: `${this.#lane}/http`,
      request: { method: 'POST', path: '/v1/responses', headers, body },
      response: {
        status: 200,
        headers: { 'content-type': 'text/event-stream', date: 'now' },
        chunks: [{ t: at.t + 1, text: 'data: {}\n\n' }],
        end: 'complete',
      },
    });
    return this;
  }

  signal(signal: string): this {
    this.raw.push({ k: 'signal', ...this.#at(), signal, scope: 'process' });
    return this;
  }

  eof(): this {
    this.raw.push({ k: 'eof', ...this.#at() });
    return this;
  }

  exit(code: number | null = 0, signal: string | null = null): this {
    this.raw.push({ k: 'exit', ...this.#at(), code, signal });
    return this;
  }
}

const base = {
  scenario: 'sample',
  providerVersion: '1',
  platform: 'linux-x64',
  recorder: 'test',
  redactor: new Redactor(),
};
export const codexOptions: SealOptions = { ...base, profile: codexProfile };
export const claudeOptions: SealOptions = { ...base, profile: claudeProfile };

/** A uuid of version `v` that ends in `n`. */
export const uuid = (n: number, v = 7): string => `01a1fa79-0000-${v}000-8000-${String(n).padStart(12, '0')}`;
