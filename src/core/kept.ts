/** Gives out the same value for as long as what it is made of is the same. */
export class Kept<Value> {
  #parts: readonly unknown[] = [];
  #value: Value | undefined;

  /** `parts`: everything that `make` looks at; always as many, each compared by identity. */
  of(parts: readonly unknown[], make: () => Value): Value {
    if (this.#value !== undefined && isSame(parts, this.#parts)) return this.#value;
    this.#parts = parts;
    this.#value = make();
    return this.#value;
  }
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}
