import type { HeaderRecord, Speaker } from './format.ts';
import type { Profile } from './profile.ts';
import { claudeProfile } from './profile-claude.ts';
import { codexProfile } from './profile-codex.ts';
import { ndjsonProfile } from './profile-ndjson.ts';

/** Profiles by the `provider` of a header. */
export const PROFILES: Readonly<Record<Speaker, Profile>> = {
  codex: codexProfile,
  claude: claudeProfile,
  ndjson: ndjsonProfile,
};

/** Null for tools, whose runs have no protocol. */
export function profileOf(provider: HeaderRecord['provider']): Profile | null {
  return Object.hasOwn(PROFILES, provider) ? PROFILES[provider as Speaker] : null;
}
