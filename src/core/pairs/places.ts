import type { PairsConfig } from './config.ts';
import { type PairError, pairError } from './results.ts';

const LAST_PORT = 65_535;
/** A new pair passes over at most so many ports that other programs hold. */
const MOST_PASSED_OVER = 16;

/**
 * Which pair has which place, hence which port. A registered pair keeps its place until it is forgotten; a pair that is
 * being made has one for the time being.
 */
export class PlaceAllocator {
  readonly #config: PairsConfig;
  readonly #registered = new Map<string, number>();
  readonly #forTheTimeBeing = new Map<string, number>();

  constructor(config: PairsConfig) {
    this.#config = config;
  }

  portAt(place: number): number {
    return this.#config.portBase + this.#config.portStride * place;
  }

  isRegistered(pairId: string): boolean {
    return this.#registered.has(pairId);
  }

  /** Notes a registered pair. */
  take(pairId: string, place: number): void {
    this.#registered.set(pairId, place);
  }

  /** Its own place, or the lowest free one that is not passed over (then it has it for the time being). */
  placeOf(pairId: string, passedOver: readonly number[]): number | PairError {
    const own = this.#registered.get(pairId);
    if (own !== undefined) return own;
    const { max } = this.#config;
    const others = [...this.#forTheTimeBeing.keys()].filter((other) => other !== pairId).length;
    if (this.#registered.size + others >= max) {
      return pairError('MAX_PAIRS', `There are ${max} pairs already, which is the limit. Forget one first.`);
    }
    const used = new Set([...this.#registered.values(), ...passedOver]);
    for (const [other, place] of this.#forTheTimeBeing) if (other !== pairId) used.add(place);
    let place = 0;
    while (used.has(place)) place++;
    const port = this.portAt(place);
    if (passedOver.length >= MOST_PASSED_OVER || port > LAST_PORT) {
      this.#forTheTimeBeing.delete(pairId);
      const message = `No port for pair ${pairId}: other programs hold ${passedOver.length} of them from ${this.portAt(0)} on.`;
      return pairError('ALLOCATION_FAILED', message);
    }
    this.#forTheTimeBeing.set(pairId, place);
    return place;
  }

  /** The pair could not be made. */
  giveBack(pairId: string): void {
    this.#forTheTimeBeing.delete(pairId);
  }

  /** The pair is registered with the place that it has for the time being. */
  keep(pairId: string): void {
    const place = this.#forTheTimeBeing.get(pairId);
    this.#forTheTimeBeing.delete(pairId);
    if (place !== undefined) this.#registered.set(pairId, place);
  }

  /** Its place is free for others. */
  forget(pairId: string): void {
    this.#registered.delete(pairId);
  }
}
