/** A pair of elements that belong together, or one that has no partner. */
export type Aligned<Item> =
  | { readonly kind: 'both'; readonly was: Item; readonly now: Item }
  | { readonly kind: 'was'; readonly was: Item }
  | { readonly kind: 'now'; readonly now: Item };

/**
 * Lays two sequences side by side so that as many elements as possible have a partner of the same key, in order (longest
 * common subsequence; quadratic, for hundreds of elements).
 */
export function align<Item>(was: readonly Item[], now: readonly Item[], key: (item: Item) => string): Aligned<Item>[] {
  const a = was.map(key);
  const b = now.map(key);
  /** Length of the best alignment of what follows `i` and `j`. */
  const best = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i]![j] = a[i] === b[j] ? best[i + 1]![j + 1]! + 1 : Math.max(best[i + 1]![j]!, best[i]![j + 1]!);
    }
  }
  const aligned: Aligned<Item>[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      aligned.push({ kind: 'both', was: was[i++]!, now: now[j++]! });
    } else if (j >= b.length || (i < a.length && best[i + 1]![j]! >= best[i]![j + 1]!)) {
      aligned.push({ kind: 'was', was: was[i++]! });
    } else {
      aligned.push({ kind: 'now', now: now[j++]! });
    }
  }
  return aligned;
}
