import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, SpawnRecord } from '../../transcript/format.ts';
import { isArray, isObject, objectFrom } from '../../transcript/json.ts';
import type { ReplayOptions } from '../../transcript/replay.ts';
import { wholeSymbol } from '../../transcript/symbols.ts';
import { redactorOfThisMachine } from '../recording/machine.ts';
import { placesIn } from '../recording/speakers.ts';

export type Environment = Readonly<Record<string, string>>;

/** A process as it was started here. */
export interface Started {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
}

/** Where a provider keeps its things when it is not told. */
const DEFAULT_FOLDERS: Readonly<Record<string, string>> = { CODEX_HOME: '.codex', CLAUDE_CONFIG_DIR: '.claude' };

/** The environment of this process as the provider would see it: folders that it has anyway are named. */
export function environment(env: NodeJS.ProcessEnv = process.env): Environment {
  const folders = Object.entries(DEFAULT_FOLDERS).map(([name, folder]) => [name, join(homedir(), folder)]);
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(folders), ...Object.fromEntries(given) };
}

/** What the places of a recording are here, and how live text is made comparable with what the recorder left of it. */
export function liveValues(
  record: SpawnRecord | null,
  started: Started,
): Required<Pick<ReplayOptions, 'places' | 'redact'>> {
  const { env, cwd } = started;
  const told = Object.entries(placesIn(started.file, started.args));
  const places: Record<string, string> = {
    'path:ws': cwd,
    'path:home': homedir(),
    'path:tmp': tmpdir(),
    'path:codexHome': env.CODEX_HOME ?? '',
    'path:claudeHome': env.CLAUDE_CONFIG_DIR ?? '',
    ...Object.fromEntries(told.map(([name, path]) => [`path:${name}`, path])),
  };
  const name = (template: string | undefined, value: string | undefined): void => {
    const symbol = template === undefined ? null : wholeSymbol(template);
    if (symbol?.kind === 'path' && value !== undefined) places[`path:${symbol.name}`] = value;
  };
  name(record?.cwd, cwd);
  for (const [variable, template] of Object.entries(record?.env ?? {})) name(template, env[variable]);
  return { places, redact: liveRedaction(Object.values(places)) };
}

/** The recorder names places first and redacts what is left: a place may lie in the home or have the name of a user in it. */
function liveRedaction(places: readonly string[]): (value: Json) => Json {
  const redactor = redactorOfThisMachine();
  const known = [...new Set(places)].filter((place) => place.length > 1).sort((a, b) => b.length - a.length);
  const hide = (text: string): string => known.reduce((hidden, place, i) => hidden.replaceAll(place, mark(i)), text);
  const show = (text: string): string => known.reduce((shown, place, i) => shown.replaceAll(mark(i), place), text);
  return (value) => mapText(redactor.json(mapText(value, hide)), show);
}

/** A character for private use around a number: no provider or client writes it. */
const mark = (i: number): string => `\uE000${i}\uE001`;

function mapText(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (isArray(value)) return value.map((item) => mapText(item, change));
  if (!isObject(value)) return value;
  return objectFrom(Object.entries(value).map(([key, item]) => [change(key), mapText(item, change)]));
}
