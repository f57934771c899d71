/** Older servers lack fields that this client relies on (facts/pairs-and-shared-client.md O30 is about 0.142.5). */
const OLDEST: readonly [number, number, number] = [0, 142, 0];
const USER_AGENT = /^[^/]+\/(\d+)\.(\d+)\.(\d+)/;

/** Null when the server that calls itself `userAgent` (`<originator>/<semver> …`) can be used, else why not. */
export function versionComplaint(userAgent: string): string | null {
  const found = USER_AGENT.exec(userAgent);
  if (!found) return `its user agent names no version: ${JSON.stringify(userAgent)}`;
  const version = found.slice(1, 4).map(Number);
  const different = OLDEST.findIndex((part, index) => version[index] !== part);
  if (different < 0 || version[different]! > OLDEST[different]!) return null;
  return `version ${version.join('.')} is not supported; install codex ${OLDEST.join('.')} or newer`;
}
