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
  { kind: 'service', pattern: servicePattern() },
  { kind: 'named', pattern: namedPattern() },
];

/** Further services by the prefix that each gives to its keys. */
function servicePattern(): RegExp {
  const keys = [
    'xai-[A-Za-z0-9]{20,}',
    'gsk_[A-Za-z0-9]{20,}',
    'pplx-[A-Za-z0-9]{20,}',
    'r8_[A-Za-z0-9]{20,}',
    'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
    'pypi-[\\w-]{20,}',
    'dop_v1_[0-9a-f]{40,}',
    'dckr_pat_[\\w-]{20,}',
    'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}',
    'dapi[0-9a-f]{30,}',
    'hv[sb]\\.[\\w-]{20,}',
    'tskey-[a-z]+-[\\w-]{16,}',
    'ATATT3[\\w=-]{20,}',
    'lin_api_[A-Za-z0-9]{20,}',
    'ntn_[A-Za-z0-9]{20,}',
    'figd_[\\w-]{20,}',
    'pscale_(?:tkn|pw|oauth)_[\\w.-]{16,}',
    'sbp_[0-9a-f]{20,}',
    'dp\\.pt\\.[A-Za-z0-9]{20,}',
    'whsec_[A-Za-z0-9+/=]{20,}',
    'AGE-SECRET-KEY-1[0-9A-Z]{20,}',
  ];
  return new RegExp(`(?<![\\w-])(?:${keys.join('|')})`, 'g');
}

/** `NAME=value` and `name: value` in text that is no JSON (headers, `env`, query strings), where the name tells and the value has a digit. */
function namedPattern(): RegExp {
  const name =
    '(?:[A-Z][A-Z0-9]*_)*(?:API_?KEY|ACCESS_KEY|SECRET_KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)|' +
    '(?:x-)?api[_-]?key|(?:access|refresh|auth|id|session)[_-]?token|client[_-]?secret|passw(?:or)?d|AccountKey';
  return new RegExp(
    `(?<=(?<![A-Za-z0-9])(?:${name})(?:=|: ?)["']?)(?=[^\\s"'&;,<>$(){}]*\\d)[^\\s"'&;,<>$(){}\\\\]{8,}`,
    'g',
  );
}

/** Whatever matches one of {@link FORMATS} matches this; most text does not, and is looked at once instead of once a format. */
const HINT =
  /-----BEGIN|sk-|[rs]k_|eyJ|gh[opsur]_|github_pat|glpat|AKIA|ASIA|AIza|ya29|xox|npm_|hf_|[Bb]earer|[Bb]asic|:\/\/|xai-|gsk_|pplx|r8_|SG\.|pypi|dop_|dckr|shp|dapi|hv[sb]\.|tskey|ATATT|lin_|ntn_|figd|pscale|sbp_|dp\.pt|whsec|AGE-|(?:key|token|secret|passwo?r?d|credentials?)(?:=|:)/i;

/** Ranges of credentials by format, in order, without overlap. */
export function formatSecrets(text: string): SecretRange[] {
  if (!HINT.test(text)) return [];
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
    /(?<!MON|HOT)KEY(?!BOARD|MAP|RING|NAME)|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|(?<!X)AUTH(?!OR(?!I))|COOKIE/i.test(
      name,
    ) && !/_(SOCK|FILE|PATH|DIR|URL|TYPE|MODE|METHOD|COUNT|LIMIT|TTL)$/i.test(name)
  );
}

const KEYED = /"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"/g;
/** The same inside a JSON string, once or several times: every quote has the same number of backslashes. */
const KEYED_WITHIN = /(?<!\\)(\\+)"([A-Za-z][\w-]{1,40})\1"(\s*:\s*)\1"((?:[^"\\]|\\+[^"\\])+)(?=\1")/g;

/** Every credential name has one of these in it; text without them, which is most, is not looked through name by name. */
const NAME_PARTS = ['key', 'token', 'secret', 'passw', 'passphrase', 'credential', 'auth', 'cookie'];

function mayNameSecrets(text: string): boolean {
  const lower = text.toLowerCase();
  return NAME_PARTS.some((part) => lower.includes(part));
}

/** In JSON text that is not parsed: changes the (still escaped) string values under credential names. */
export function replaceKeyed(text: string, change: (value: string) => string): string {
  if (!mayNameSecrets(text)) return text;
  const clean = text.replace(KEYED, (whole: string, key: string, colon: string, value: string) =>
    value !== '' && isSecretKey(key) ? `"${key}"${colon}"${change(value)}"` : whole,
  );
  if (!clean.includes('\\"')) return clean;
  return clean.replace(KEYED_WITHIN, (whole: string, run: string, key: string, colon: string, value: string) =>
    isSecretKey(key) ? `${run}"${key}${run}"${colon}${run}"${change(value)}` : whole,
  );
}

/** Values under credential names in text that holds JSON, as it is or within strings. */
export function keyedSecrets(text: string): SecretRange[] {
  const found: SecretRange[] = [];
  if (!mayNameSecrets(text)) return found;
  const add = (key: string, value: string, end: number): void => {
    if (value !== '' && isSecretKey(key)) found.push({ start: end - value.length, end, kind: 'key' });
  };
  for (const match of text.matchAll(KEYED)) add(match[1] ?? '', match[3] ?? '', match.index + match[0].length - 1);
  if (text.includes('\\"'))
    for (const match of text.matchAll(KEYED_WITHIN)) add(match[2] ?? '', match[4] ?? '', match.index + match[0].length);
  return found;
}

/** Names whose values say whose account it is; compared like credential names. */
const ACCOUNT_KEYS = new Set(
  'accountid accountuuid chatgptaccountid chatgptuserid forcedchatgptworkspaceid organizationid organizationuuid organizationname orgid orguuid openaiorganization openaiproject anthropicorganizationid'.split(
    ' ',
  ),
);
/** Ids of OpenAI's and others' accounts, wherever they stand. */
export const ACCOUNT_ID = /(?<![\w-])(?:org|user|proj|acct)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{16,}(?![\w-])/g;

/** A JSON key or a header under which an account is named. */
export function isAccountKey(key: string): boolean {
  return ACCOUNT_KEYS.has(key.replace(/[-_]/g, '').toLowerCase());
}
