// A bounded map that drops what was not used for longest, and says so to whoever must release it.

export class LruCache<Key, Value> {
  readonly #limit: number;
  readonly #release: ((value: Value) => void) | undefined;
  readonly #values = new Map<Key, Value>();
  /** Asked for again and again: it is where it belongs already. */
  #newest: Key | undefined;

  constructor(limit: number, release?: (value: Value) => void) {
    this.#limit = limit;
    this.#release = release;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined || key === this.#newest) return value;
    this.#values.delete(key);
    this.#values.set(key, value);
    this.#newest = key;
    return value;
  }

  /** What stood under the key before is released, as what is dropped for it. */
  set(key: Key, value: Value): void {
    const replaced = this.#values.get(key);
    if (replaced !== undefined && replaced !== value) this.#release?.(replaced);
    this.#values.delete(key);
    this.#values.set(key, value);
    this.#newest = key;
    if (this.#values.size <= this.#limit) return;
    for (const [oldest, dropped] of this.#values) {
      this.#values.delete(oldest);
      this.#release?.(dropped);
      return;
    }
  }

  clear(): void {
    for (const value of this.#values.values()) this.#release?.(value);
    this.#values.clear();
    this.#newest = undefined;
  }
}
