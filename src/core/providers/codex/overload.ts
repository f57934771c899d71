/** How often a request that was refused for overload is sent again (facts/pairs-and-shared-client.md B2). */
export const OVERLOAD_RETRIES = 3;
const FIRST_PAUSE_MS = 50;
const LEAST_PART = 0.75;
const SPREAD = 0.5;

/**
 * The pause in ms before attempt `retry` (from 0): doubling, times a factor from 0.75 to 1.25, so that clients that were
 * refused together do not come back together. The factor is drawn from a fresh `uuid`: chance comes through a port.
 */
export function overloadPauseMs(retry: number, uuid: string): number {
  const part = Number.parseInt(uuid.slice(-4), 16) / 0xffff;
  return Math.round(FIRST_PAUSE_MS * 2 ** retry * (LEAST_PART + SPREAD * part));
}
