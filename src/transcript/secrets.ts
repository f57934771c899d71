/** Credentials by their format and by the names they go by. One list, for writing, for matching and for the linter. */

export interface SecretRange {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** Formats that providers of credentials publish; the lookbehind keeps `task-…` from being an `sk-…` key. */
const FORMATS: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'pem', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs },
  { kind: 'anthropic', pattern: /(?<![\w-])sk-ant-[\w-]{8,}/g },
  { kind: 'openai', pattern: /(?<![\w-])sk-(?!ant-)[\w-]{16,}/g },
  { kind: 'stripe', pattern: /(?<![\w-])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g },
  { kind: 'jwt', pattern: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  { kind: 'github', pattern: /(?<!\w)(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g },
  { kind: 'gitlab', pattern: /(?<![\w-])glpat-[\w-]{20,}/g },
  { kind: 'aws', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/g },
  { kind: 'google', pattern: /(?<![\w-])(?:AIza[\w-]{35}|ya29\.[\w-]{20,})/g },
  { kind: 'slack', pattern: /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { kind: 'npm', pattern: /(?<!\w)npm_[A-Za-z0-9]{36}/g },
  { kind: 'huggingface', pattern: /(?<!\w)hf_[A-Za-z0-9]{30,}/g },
  // The scheme is also an English word: what follows must have a digit to be a token.
  { kind: 'bearer', pattern: /(?<=\b[Bb]earer\s+)(?=[A-Za-z._~+/-]*\d)[\w.~+/-]{8,}=*/g },
  { kind: 'basic', pattern: /(?<=\b[Bb]asic\s+)(?=[A-Za-z+/]*[\d=])[A-Za-z0-9+/]{8,}=*/g },
  { kind: 'url', pattern: /(?<=:\/\/)[^\s/:@"'<>]+:[^\s/@"'<>]+(?=@)/g },
];

/** Ranges of credentials by format, in order, without overlap. */
export function formatSecrets(text: string): SecretRange[] {
  const found: SecretRange[] = [];
  for (const { kind, pattern } of FORMATS) {
    for (const match of text.matchAll(pattern)) {
      found.push({ start: match.index, end: match.index + match[0].length, kind });
    }
  }
  return disjoint(found);
}

/** Drops ranges that begin inside an earlier one. */
export function disjoint(ranges: SecretRange[]): SecretRange[] {
  ranges.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: SecretRange[] = [];
  for (const range of ranges) {
    const last = kept.at(-1);
    if (last === undefined || range.start >= last.end) kept.push(range);
    else if (range.end > last.end) kept[kept.length - 1] = { ...last, end: range.end };
  }
  return kept;
}

/** Names whose string values are credentials, whatever they look like; compared without `-`, `_` and case. */
const KEYS = new Set([
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'xgoogapikey',
  'xiapikey',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'bearertoken',
  'sessiontoken',
  'sessionkey',
  'token',
  'secret',
  'clientsecret',
  'secretkey',
  'secretaccesskey',
  'privatekey',
  'password',
  'passwd',
  'passphrase',
  'cookie',
  'setcookie',
]);

/** A JSON key, a header, or (in capitals) the name of an environment variable. */
export function isSecretKey(key: string): boolean {
  return KEYS.has(key.replace(/[-_]/g, '').toLowerCase()) || (/^[A-Z][A-Z0-9_]*$/.test(key) && isSecretVariable(key));
}

/** Environment variables whose values are credentials. Sockets and files that only lead to one are not. */
export function isSecretVariable(name: string): boolean {
  return (
    /KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE/i.test(name) && !/_(SOCK|FILE|PATH|DIR|URL)$/i.test(name)
  );
}

const KEYED = /"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"/g;

/** In JSON text that is not parsed: changes the (still escaped) string values under credential names. */
export function replaceKeyed(text: string, change: (value: string) => string): string {
  return text.replace(KEYED, (whole: string, key: string, colon: string, value: string) =>
    value !== '' && isSecretKey(key) ? `"${key}"${colon}"${change(value)}"` : whole,
  );
}
