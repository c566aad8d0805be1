import type { Place } from './place.ts';
import type { Rows } from './rows.ts';
import type { ConfigNode } from './tree.ts';

/** What a value of a config key may be, and how it is read. */
export interface Kind<T> {
  /** Completes the sentence `"x" is not ...`. */
  readonly expected: string;
  /** Reads a value; undefined when it is wrong, after telling the place why. */
  readonly read: (node: ConfigNode, place: Place) => T | undefined;
  /** A container's inside, for whoever lists the keys or fills in older names. */
  readonly inside?: Inside;
}

/**
 * What a container holds: `members` are free keys, `items` a list, `object` the keys of a table, `named` the keys of a
 * table both directly and below free names.
 */
type Inside =
  | { readonly holds: 'members' | 'items'; readonly rows?: Rows }
  | { readonly holds: 'object' | 'named'; readonly rows: Rows };
