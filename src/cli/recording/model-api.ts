/** Where a provider sends its requests to the model, and how it is made to send them somewhere else. */
import { spawn } from 'node:child_process';
import ndjson from 'ndjson';
import type { Json, Speaker } from '../../transcript/format.ts';
import { isObject } from '../../transcript/json.ts';
import { InputError, UsageError } from '../errors.ts';

export interface ModelApi {
  readonly upstream: URL;
  /** What is started instead of the command, so that it talks to `url`. */
  redirect(
    args: readonly string[],
    url: string,
  ): { readonly args: readonly string[]; readonly env: Record<string, string> };
}

/** codex says its settings faster than this (ms), or never. */
const ASK_LIMIT_MS = 15_000;
const CHATGPT = 'https://chatgpt.com/backend-api/';
const OPENAI = 'https://api.openai.com/v1';

/**
 * Finds out from the provider's own environment or settings; `given` wins. Throws an {@link InputError} when there is no telling, and a
 * {@link UsageError} for a program of which nothing is known.
 */
export async function modelApiOf(
  speaker: Speaker,
  file: string,
  args: readonly string[],
  given: string | undefined,
): Promise<ModelApi> {
  const chosen = given === undefined ? null : urlOf(given, '--upstream');
  if (speaker === 'claude') {
    const usual = process.env.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com';
    return {
      upstream: chosen ?? urlOf(usual, 'ANTHROPIC_BASE_URL'),
      redirect: (own, url) => ({ args: own, env: { ANTHROPIC_BASE_URL: url } }),
    };
  }
  if (speaker === 'codex') return codexApi(file, args, chosen);
  throw new UsageError(
    "--http needs to know how the program is told of its model API: it knows 'codex app-server' and 'claude'",
    'record',
  );
}

/** codex merges its settings from several files, profiles and arguments: it is asked what they come to. */
async function codexApi(file: string, args: readonly string[], chosen: URL | null): Promise<ModelApi> {
  const { config, account } = await askCodex(file, args);
  const name = typeof config.model_provider === 'string' ? config.model_provider : 'openai';
  const providers = isObject(config.model_providers) ? config.model_providers : {};
  const provider = providers[name];
  const key = isObject(provider) ? `model_providers.${name}.base_url` : 'openai_base_url';
  const set = isObject(provider) ? provider.base_url : config.openai_base_url;
  const chatgpt = `${String(config.chatgpt_base_url ?? CHATGPT).replace(/\/$/, '')}/codex`;
  const usual = name !== 'openai' ? null : account === 'chatgpt' ? chatgpt : OPENAI;
  const found = typeof set === 'string' ? set : usual;
  if (chosen === null && found === null) {
    throw new InputError(`codex has no base URL for its model provider '${name}'; say it: --upstream URL`);
  }
  return {
    upstream: chosen ?? urlOf(found as string, key),
    redirect: (own, url) => ({ args: ['-c', `${key}=${JSON.stringify(url)}`, ...own], env: {} }),
  };
}

interface CodexSettings {
  readonly config: { readonly [key: string]: Json };
  /** Type of the account that codex is logged in with, if any. */
  readonly account: string | null;
}

/** Starts the same command for a moment, asks `config/read` and `account/read`, and closes its stdin. */
function askCodex(file: string, args: readonly string[]): Promise<CodexSettings> {
  const child = spawn(file, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = (reason: string): InputError =>
    new InputError(
      `${file} does not say where its model API is (${reason}); start 'codex app-server', or say it: --upstream URL`,
    );
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failed(`no answer within ${ASK_LIMIT_MS / 1000} s`));
    }, ASK_LIMIT_MS);
    const answers = new Map<unknown, Json>();
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(failed(error.message));
    });
    child.on('close', () => {
      clearTimeout(timer);
      reject(failed('it ended'));
    });
    child.stdin.on('error', () => {});
    const ask = (id: number, method: string, params: Json): void => {
      child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    };
    // What is no JSON is left out. Not readline: with Node 24 that ends lines at U+2028 too.
    child.stdout.pipe(ndjson.parse({ strict: false })).on('data', (frame: Json) => {
      if (!isObject(frame) || typeof frame.id !== 'number' || frame.method !== undefined) return;
      answers.set(frame.id, frame.result ?? null);
      if (frame.id === 0) {
        child.stdin.write('{"method":"initialized"}\n');
        ask(1, 'config/read', { includeLayers: false });
        ask(2, 'account/read', { refreshToken: false });
      }
      const [config, account] = [answers.get(1), answers.get(2)];
      if (config === undefined || account === undefined) return;
      clearTimeout(timer);
      child.stdin.end();
      if (!isObject(config) || !isObject(config.config)) reject(failed('it does not know config/read'));
      else resolve({ config: config.config, account: accountType(account) });
    });
    ask(0, 'initialize', { clientInfo: { name: 'reprise', version: '0' } });
  });
}

function accountType(answer: Json): string | null {
  const account = isObject(answer) && isObject(answer.account) ? answer.account : {};
  return typeof account.type === 'string' ? account.type : null;
}

function urlOf(text: string, where: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Said below.
  }
  throw new InputError(`${where}: expected a URL such as https://api.example.com/v1, not '${text}'`);
}
