/**
 * A map that mostly has one entry, in a fraction of the memory that `Map` takes for it: the entry stands here, and a
 * `Map` is made when there are more. In the order of insertion.
 */
export class SmallMap<K, V> {
  #key: K | undefined = undefined;
  #value: V | undefined = undefined;
  /** Undefined: no entry; null: the one entry stands here. */
  #map: Map<K, V> | null | undefined = undefined;

  get size(): number {
    return this.#map === undefined ? 0 : this.#map === null ? 1 : this.#map.size;
  }

  get(key: K): V | undefined {
    if (this.#map === null) return this.#key === key ? this.#value : undefined;
    return this.#map?.get(key);
  }

  has(key: K): boolean {
    return this.#map === null ? this.#key === key : (this.#map?.has(key) ?? false);
  }

  set(key: K, value: V): void {
    if (this.#map === undefined || (this.#map === null && this.#key === key)) {
      this.#key = key;
      this.#value = value;
      this.#map = null;
    } else if (this.#map === null) {
      this.#map = new Map([
        [this.#key as K, this.#value as V],
        [key, value],
      ]);
      this.#forgetOnly();
    } else this.#map.set(key, value);
  }

  /** Returns whether there was such an entry. */
  delete(key: K): boolean {
    if (this.#map === undefined || !this.has(key)) return false;
    if (this.#map === null) this.#map = undefined;
    else {
      this.#map.delete(key);
      if (this.#map.size > 1) return true;
      // Back to one entry; a map that large once is not kept for it.
      const [[only, value]] = [...this.#map] as [[K, V]];
      this.#key = only;
      this.#value = value;
      this.#map = null;
      return true;
    }
    this.#forgetOnly();
    return true;
  }

  forEach(visit: (value: V, key: K) => void): void {
    if (this.#map === null) visit(this.#value as V, this.#key as K);
    else this.#map?.forEach(visit);
  }

  #forgetOnly(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}
