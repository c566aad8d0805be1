import type { Kind } from './kind.ts';
import { readEach } from './kinds.ts';
import type { Place } from './place.ts';
import { nearestKey } from './nearest-key.ts';
import { isKeyOf, isOff, readRows, reportUnknown, withoutRequired } from './read-rows.ts';
import type { Source } from './read-rows.ts';
import type { Rows, Values } from './rows.ts';
import type { Member, ObjectNode } from './tree.ts';

/**
 * Objects below free names, of which one may stand without a name: `tcp.bind` beside `tcp.lan.bind`. The one without
 * is called `default`. Where the row `switch` is `false`, the object is as absent, and nothing in it is required; with
 * `keepsOff` it is there nevertheless (then no row may be required).
 */
export function named<const R extends Rows>(
  rows: R,
  options: { readonly switch?: (keyof R & string) | undefined; readonly keepsOff?: boolean } = {},
): Kind<Readonly<Record<string, Values<R>>>> {
  const expected = 'an object { ... }';
  const read = (source: Source, place: Place): Values<R> | undefined => {
    if (options.keepsOff === true || !isOff(options.switch, source)) return readRows(rows, source, place);
    readRows(withoutRequired(rows), source, place);
    return undefined;
  };
  return {
    expected,
    inside: { holds: 'named', rows },
    read(node, place) {
      if (node.type !== 'object') {
        return place.wrong(node, expected);
      }
      const direct = new Map<string, Member>();
      const byName = new Map<string, Member>();
      for (const [key, member] of node.members) {
        if (isKeyOf(rows, key)) {
          direct.set(key, member);
        } else if (key === '') {
          place.member(key).problem(member.at, 'a name needs a character at least');
        } else if (member.value.type === 'object' && isMisspelt(key, member.value, rows)) {
          place.unknown(
            member.at,
            place.pathOf(key),
            Object.keys(rows).map((row) => place.pathOf(row)),
          );
        } else if (member.value.type === 'object') {
          byName.set(key, member);
        } else {
          reportUnknown(key, member, rows, place);
        }
      }
      const values = readEach(byName, (key, value) =>
        value.type === 'object' ? read(value, place.member(key)) : undefined,
      );
      if (direct.size === 0) {
        return values;
      }
      const both = byName.get('default');
      if (both !== undefined) {
        place.member('default').problem(both.at, 'stands for the keys without a name, which are there too');
      }
      const unnamed = read({ members: direct, at: node.at }, place);
      return unnamed === undefined ? values : { default: unnamed, ...values };
    },
  };
}

/** Whether somebody meant a key that holds others (`heders { ... }`): it is like one, and has nothing that a table has. */
function isMisspelt(key: string, { members }: ObjectNode, rows: Rows): boolean {
  const hasRows = members.size === 0 || Array.from(members.keys()).some((name) => isKeyOf(rows, name));
  return !hasRows && nearestKey(key, Object.keys(rows), []) !== undefined;
}
