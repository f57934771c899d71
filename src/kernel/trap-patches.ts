import { type AmbientSource, ambientSources } from './ambient.ts';
import { builtin } from './runtime.ts';

// biome-ignore lint/complexity/noBannedTypes: anything callable, to be called as it was
type Callable = Function;
type Owner = Record<PropertyKey, unknown>;
type Above = (...args: never[]) => unknown;

/** Called before each use of a watched source; throws to forbid it. `above` is the function whose caller is meant. */
export type Check = (name: string, instead: string, above: Above) => void;

/** A watched property that other tools (fake timers, interceptors) may replace by theirs. */
interface Place {
  readonly source: AmbientSource;
  readonly owner: Owner;
  installed: unknown;
}

/** Puts a check in front of every ambient source of this process. Create it once; it cannot be removed. */
export class TrapPatches {
  readonly #check: Check;
  /** What was wrapped, and by what; a function reachable by two names keeps being one. */
  readonly #wrappers = new WeakMap<object, object>();
  readonly #ours = new WeakSet<object>();
  readonly #places: Place[] = [];

  constructor(check: Check) {
    this.#check = check;
    for (const source of ambientSources()) {
      const owner = ownerOf(source);
      if (owner) this.#watch(source, owner);
    }
    // Makes `import { setTimeout } from 'node:timers'` see what was put into the module.
    builtin<{ syncBuiltinESMExports(): void }>('node:module')?.syncBuiltinESMExports();
  }

  /** Watches what somebody else has put into a watched place since. Costs well under 1 µs when nothing has changed. */
  renew(): void {
    for (const place of this.#places) {
      if (place.owner[place.source.key] !== place.installed) this.#cover(place);
    }
  }

  #watch(source: AmbientSource, owner: Owner): void {
    if (source.shape === 'getter' || source.shape === 'formatter') {
      const descriptor = Object.getOwnPropertyDescriptor(owner, source.key)!;
      Object.defineProperty(owner, source.key, {
        ...descriptor,
        get: this.#wrap(descriptor.get!, source) as () => unknown,
      });
      return;
    }
    const place: Place = { source, owner, installed: undefined };
    this.#places.push(place);
    this.#cover(place);
  }

  #cover(place: Place): void {
    const { source, owner } = place;
    const original = owner[source.key];
    place.installed = original;
    if (typeof original !== 'function' || this.#ours.has(original)) return;
    place.installed = this.#wrap(original, source);
    const { enumerable } = Object.getOwnPropertyDescriptor(owner, source.key)!;
    const value = { value: place.installed, enumerable: enumerable!, writable: true, configurable: true };
    Object.defineProperty(owner, source.key, value);
  }

  #wrap(original: Callable, source: AmbientSource): Callable {
    const known = this.#wrappers.get(original);
    if (known) return known as Callable;
    const wrapper = this.#newWrapper(original, source);
    this.#wrappers.set(original, wrapper);
    this.#ours.add(wrapper);
    return wrapper;
  }

  #newWrapper(original: Callable, source: AmbientSource): Callable {
    switch (source.shape) {
      case 'date':
        return this.#newDate(original as DateConstructor, source);
      case 'constructor':
        return new Proxy(original, this.#constructing(source));
      case 'formatter': {
        const wrapFormat = (format: Callable) => this.#wrap(format, { ...source, shape: 'function' });
        return function (this: unknown) {
          return wrapFormat(Reflect.apply(original, this, []) as Callable);
        };
      }
      default:
        return this.#calling(original, source);
    }
  }

  /** `Date.now()`, `Date()` and `new Date()` read the clock; `new Date(something)` does not. */
  #newDate(original: DateConstructor, source: AmbientSource): Callable {
    const check = this.#check;
    const apply = (target: DateConstructor): string => {
      check('Date()', source.instead, apply);
      return target();
    };
    const wrapper = new Proxy(original, { ...this.#constructing(source), apply });
    const now = { ...source, name: 'Date.now', when: () => true };
    original.now = this.#calling(original.now, now) as () => number;
    Object.defineProperty(original.prototype, 'constructor', { value: wrapper, writable: true, configurable: true });
    return wrapper;
  }

  #constructing({ name, instead, when }: AmbientSource): ProxyHandler<Callable> {
    const check = this.#check;
    const construct = (target: Callable, args: unknown[], newTarget: Callable): object => {
      if (when === undefined || when(args)) check(`new ${name}()`, instead, construct);
      return Reflect.construct(target, args, newTarget);
    };
    return { construct };
  }

  /** A function that looks and works like `original`, after the check. */
  #calling(original: Callable, { name, instead, when }: AmbientSource): Callable {
    const check = this.#check;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      if (when === undefined || when(args)) check(name, instead, wrapper);
      return Reflect.apply(original, this, args);
    };
    for (const key of Reflect.ownKeys(original)) {
      if (key !== 'prototype') Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(original, key)!);
    }
    return wrapper;
  }
}

/** Where on the prototype chain the source is defined; undefined when this runtime has no such thing. */
function ownerOf(source: AmbientSource): Owner | undefined {
  for (let at = source.owner ?? null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, source.key)) return at as Owner;
  }
  return undefined;
}
