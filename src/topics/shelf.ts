import { SmallMap } from '../base/small-map.ts';

interface Node<V> {
  children: SmallMap<string, Node<V>> | null;
  value: V | undefined;
}

/**
 * One value for each topic, for example the retained messages: finds those whose topic a filter matches. Iterative
 * throughout, like the trie.
 */
export class TopicShelf<V> {
  readonly #root: Node<V> = { children: null, value: undefined };
  #size = 0;

  /** How many topics have a value. */
  get size(): number {
    return this.#size;
  }

  get(topic: string): V | undefined {
    let node: Node<V> | undefined = this.#root;
    for (const level of topic.split('/')) {
      node = node.children?.get(level);
      if (node === undefined) return undefined;
    }
    return node.value;
  }

  set(topic: string, value: V): void {
    let node = this.#root;
    for (const level of topic.split('/')) {
      node.children ??= new SmallMap();
      let child = node.children.get(level);
      if (child === undefined) {
        child = { children: null, value: undefined };
        node.children.set(level, child);
      }
      node = child;
    }
    if (node.value === undefined) this.#size++;
    node.value = value;
  }

  /** Returns the value that was there. */
  delete(topic: string): V | undefined {
    const levels = topic.split('/');
    const path: Node<V>[] = [this.#root];
    let node: Node<V> | undefined = this.#root;
    for (const level of levels) {
      node = node.children?.get(level);
      if (node === undefined) return undefined;
      path.push(node);
    }
    const { value } = node;
    if (value === undefined) return undefined;
    node.value = undefined;
    this.#size--;
    this.#prune(path, levels);
    return value;
  }

  #prune(path: readonly Node<V>[], levels: readonly string[]): void {
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth] as Node<V>;
      if (node.value !== undefined || node.children !== null) return;
      const parent = path[depth - 1] as Node<V>;
      parent.children?.delete(levels[depth - 1] as string);
      if (parent.children?.size === 0) parent.children = null;
    }
  }

  /** All values, those of `$` topics included. */
  all(): V[] {
    const found: V[] = [];
    collect(this.#root, false, found);
    return found;
  }

  /** The values of all topics that `filter` (valid, unshared) matches; leading wildcards leave `$` topics out. */
  match(filter: string): V[] {
    const found: V[] = [];
    let frontier: Node<V>[] = [this.#root];
    for (const [depth, level] of filter.split('/').entries()) {
      if (level === '#') {
        for (const node of frontier) collect(node, depth === 0, found);
        return found;
      }
      frontier = level === '+' ? children(frontier, depth === 0) : named(frontier, level);
    }
    for (const node of frontier) if (node.value !== undefined) found.push(node.value);
    return found;
  }
}

function named<V>(nodes: readonly Node<V>[], level: string): Node<V>[] {
  const found: Node<V>[] = [];
  for (const node of nodes) {
    const child = node.children?.get(level);
    if (child !== undefined) found.push(child);
  }
  return found;
}

function children<V>(nodes: readonly Node<V>[], root: boolean): Node<V>[] {
  const found: Node<V>[] = [];
  for (const node of nodes)
    node.children?.forEach((child, level) => {
      if (!(root && level.startsWith('$'))) found.push(child);
    });
  return found;
}

/** `#` stands for the parent level too: the node itself and everything below. */
function collect<V>(start: Node<V>, root: boolean, found: V[]): void {
  const pending = root ? children([start], true) : [start];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.value !== undefined) found.push(node.value);
    node.children?.forEach((child) => pending.push(child));
  }
}
