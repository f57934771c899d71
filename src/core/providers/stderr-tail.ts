const MAX_LENGTH = 2_000;
const BEARER = /\b(bearer\s+)[^\s"',}]+/gi;
const KEYED =
  /\b((?:access_token|refresh_token|api[_-]?key|authorization)["']?\s*[=:]\s*["']?)(?!bearer\s)[^\s"',}]+/gi;
const KEY = /\bsk-[\w-]{8,}/g;

/** The last 2,000 characters that a process wrote to stderr, for error messages; credentials are blanked. */
export class StderrTail {
  #text = '';

  push(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-MAX_LENGTH);
  }

  /** Trimmed; empty when nothing was written. */
  get text(): string {
    return this.#text.replace(BEARER, '$1***').replace(KEYED, '$1***').replace(KEY, '***').trim();
  }

  /** `; stderr="…"`, or nothing. To be appended to a message. */
  get suffix(): string {
    const { text } = this;
    return text === '' ? '' : `; stderr=${JSON.stringify(text)}`;
  }
}
