import { SmallMap } from '../base/small-map.ts';

interface Node<K, V> {
  children: SmallMap<string, Node<K, V>> | null;
  plus: Node<K, V> | null;
  hash: Node<K, V> | null;
  values: SmallMap<K, V> | null;
}

/**
 * Values by topic filter, for example subscriptions: finds those whose filter matches a topic, at a cost that depends
 * on the topic's levels and on what matches, not on how many filters there are. Iterative throughout, so that a topic
 * of thousands of levels cannot exhaust the stack.
 */
export class FilterTrie<K, V> {
  readonly #root: Node<K, V> = newNode();
  #size = 0;

  /** How many (filter, key) pairs there are. */
  get size(): number {
    return this.#size;
  }

  get(filter: string, key: K): V | undefined {
    let node: Node<K, V> | null | undefined = this.#root;
    for (const level of filter.split('/')) {
      node = childOf(node, level);
      if (node === null || node === undefined) return undefined;
    }
    return node.values?.get(key);
  }

  /** Adds or replaces; `filter` must be valid and unshared. */
  set(filter: string, key: K, value: V): void {
    let node = this.#root;
    for (const level of filter.split('/')) node = childOf(node, level) ?? addChild(node, level);
    node.values ??= new SmallMap();
    if (!node.values.has(key)) this.#size++;
    node.values.set(key, value);
  }

  /** Removes, and with it the levels that nothing else needs. Returns whether there was something. */
  delete(filter: string, key: K): boolean {
    const levels = filter.split('/');
    const path: Node<K, V>[] = [this.#root];
    let node: Node<K, V> | null | undefined = this.#root;
    for (const level of levels) {
      node = childOf(node, level);
      if (node === null || node === undefined) return false;
      path.push(node);
    }
    if (node.values === null || !node.values.delete(key)) return false;
    if (node.values.size === 0) node.values = null;
    for (let depth = levels.length; depth > 0 && isEmpty(path[depth] as Node<K, V>); depth--)
      removeChild(path[depth - 1] as Node<K, V>, levels[depth - 1] as string);
    this.#size--;
    return true;
  }

  /** Calls `visit` for each value whose filter matches `topic` [MQTT-4.7.2-1] included. */
  match(topic: string, visit: (value: V) => void): void {
    let frontier: Node<K, V>[] = [this.#root];
    const internal = topic.charCodeAt(0) === DOLLAR;
    for (const [depth, level] of topic.split('/').entries()) {
      const next: Node<K, V>[] = [];
      const wildcards = depth > 0 || !internal;
      for (const node of frontier) {
        if (wildcards && node.hash !== null) visitAll(node.hash, visit);
        const child = node.children?.get(level);
        if (child !== undefined) next.push(child);
        if (wildcards && node.plus !== null) next.push(node.plus);
      }
      if (next.length === 0) return;
      frontier = next;
    }
    for (const node of frontier) {
      visitAll(node, visit);
      if (node.hash !== null) visitAll(node.hash, visit);
    }
  }
}

const DOLLAR = 0x24;

function newNode<K, V>(): Node<K, V> {
  return { children: null, plus: null, hash: null, values: null };
}

function childOf<K, V>(node: Node<K, V>, level: string): Node<K, V> | null | undefined {
  if (level === '+') return node.plus;
  if (level === '#') return node.hash;
  return node.children?.get(level);
}

function addChild<K, V>(node: Node<K, V>, level: string): Node<K, V> {
  const child = newNode<K, V>();
  if (level === '+') node.plus = child;
  else if (level === '#') node.hash = child;
  else (node.children ??= new SmallMap()).set(level, child);
  return child;
}

function removeChild<K, V>(node: Node<K, V>, level: string): void {
  if (level === '+') node.plus = null;
  else if (level === '#') node.hash = null;
  else if (node.children !== null) {
    node.children.delete(level);
    if (node.children.size === 0) node.children = null;
  }
}

function isEmpty<K, V>(node: Node<K, V>): boolean {
  return node.children === null && node.plus === null && node.hash === null && node.values === null;
}

function visitAll<K, V>(node: Node<K, V>, visit: (value: V) => void): void {
  node.values?.forEach(visit);
}
