import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** How to start a real provider so that it knows nothing of this machine's user and talks to the loopback model only. */
export interface ProviderLaunch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface LaunchOptions {
  /** The native binary; see `findProvider`. */
  readonly binary: string;
  /** A folder of its own for this process's home, settings and temporary files. Created when missing. */
  readonly folder: string;
  /** Where it works. Must exist. */
  readonly cwd: string;
  /** `http://127.0.0.1:PORT` of the loopback model. */
  readonly modelUrl: string;
  readonly model?: string;
}

export interface CodexLaunchOptions extends LaunchOptions {
  /** Attempts after the first for a request and for a broken stream. Default 0: fail at once. */
  readonly requestRetries?: number;
  readonly streamRetries?: number;
  /** How long a stream may be silent (ms). Default: codex's own. */
  readonly streamIdleTimeoutMs?: number;
  /** Lines put before the tables of config.toml, e.g. `approval_policy = "never"`. */
  readonly settings?: readonly string[];
}

export interface ClaudeLaunchOptions extends LaunchOptions {
  /** `CLAUDE_CODE_MAX_RETRIES`. Default 0: fail at once. */
  readonly retries?: number;
}

/** Enough for the shells and tools that providers start; never the user's own PATH. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A value that is plainly no secret. */
const API_KEY = 'loopback';

/**
 * Codex app-server with its own HOME and CODEX_HOME (facts/codex-wire.md 1.3, 1.4 and 9). Writes `config.toml`. Plugins and
 * apps are off because they reach for the network; the temporary folder is not above CODEX_HOME because codex warns of that.
 */
export function codexLaunch(options: CodexLaunchOptions): ProviderLaunch {
  const { home, env } = ownFolders(options);
  const codexHome = join(home, '.codex');
  mkdirSync(codexHome, { recursive: true });
  const config = [
    `model = ${JSON.stringify(options.model ?? 'gpt-5.5')}`,
    'model_provider = "loopback"',
    'check_for_update_on_startup = false',
    ...(options.settings ?? []),
    '[analytics]',
    'enabled = false',
    '[features]',
    'plugins = false',
    'apps = false',
    '[model_providers.loopback]',
    'name = "loopback"',
    `base_url = ${JSON.stringify(`${options.modelUrl}/v1`)}`,
    'wire_api = "responses"',
    `request_max_retries = ${options.requestRetries ?? 0}`,
    `stream_max_retries = ${options.streamRetries ?? 0}`,
    ...(options.streamIdleTimeoutMs === undefined ? [] : [`stream_idle_timeout_ms = ${options.streamIdleTimeoutMs}`]),
  ];
  writeFileSync(join(codexHome, 'config.toml'), `${config.join('\n')}\n`);
  return { file: options.binary, args: ['app-server'], cwd: options.cwd, env: { ...env, CODEX_HOME: codexHome } };
}

/**
 * Claude for the stream-json protocol, whose flags the caller adds (facts/claude-wire.md 2 and 9). XDG_RUNTIME_DIR and
 * CLAUDE_CODE_TMPDIR keep its sockets and task files inside `folder`; it falls back to /tmp for the socket when the path
 * would be longer than 103 bytes.
 */
export function claudeLaunch(options: ClaudeLaunchOptions): ProviderLaunch {
  const { home, temporary, env } = ownFolders(options);
  return {
    file: options.binary,
    args: [`--model=${options.model ?? 'claude-sonnet-4-5'}`, '--permission-mode=default'],
    cwd: options.cwd,
    env: {
      ...env,
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      CLAUDE_CODE_TMPDIR: temporary,
      XDG_RUNTIME_DIR: temporary,
      ANTHROPIC_BASE_URL: options.modelUrl,
      ANTHROPIC_API_KEY: API_KEY,
      CLAUDE_CODE_MAX_RETRIES: String(options.retries ?? 0),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_AUTOUPDATER: '1',
      // Lets the binary run as root, as it must in containers.
      IS_SANDBOX: '1',
    },
  };
}

function ownFolders({ folder }: LaunchOptions): { home: string; temporary: string; env: Record<string, string> } {
  const home = resolve(folder, 'home');
  const temporary = resolve(folder, 'tmp');
  mkdirSync(home, { recursive: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  return {
    home,
    temporary,
    env: { HOME: home, TMPDIR: temporary, PATH, LANG: 'C.UTF-8', TZ: 'UTC', USER: 'dev', SHELL: '/bin/bash' },
  };
}
