/** Takes the provider's own prose out of normalised bodies: a digest and a length say whether it is still the same. */
import type { Json } from './format.ts';
import { asMatcher, elisionOf, isObject, typeOf } from './json.ts';
import type { Leaf, Profile } from './profile.ts';
import { mapLeaves } from './profile.ts';

/** The body with `{"$elided":…}` wherever the profile sees prose. Idempotent. */
export function elide(profile: Profile, dir: Leaf['dir'], body: Json): Json {
  return mapLeaves(dir, body, (leaf, value) => {
    if (isObject(value) && asMatcher(value) !== null) return value;
    const prose = profile.prose(leaf, value);
    if (prose === null) return undefined;
    return { $elided: prose === 'stable' ? elisionOf(value) : volatileElision(value) } as unknown as Json;
  });
}

function volatileElision(value: Json): Json {
  const type = typeOf(value);
  return type === 'array' || type === 'object' ? { volatile: true, type } : { volatile: true };
}
