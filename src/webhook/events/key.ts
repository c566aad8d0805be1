import type { Facts } from './facts.ts';

/** What a key is in one format. */
export interface KeyValue {
  /** The JSON type, as the documentation names it. */
  readonly type: string;
  /** The value, as the documentation says it; empty: as is said of all events at once. */
  readonly doc: string;
  /** The value as JSON; empty: the key is left out. */
  readonly json: (facts: Facts) => string;
}

/** A key of a body; null: the format does not have it. CloudEvents carry the body of `nanomq`. */
export interface Key {
  readonly name: string;
  readonly nanomq: KeyValue | null;
  readonly emqx4: KeyValue | null;
}

type Json = KeyValue['json'];

/** A key that is the same in all formats. */
export function key(name: string, type: string, doc: string, json: Json): Key {
  const value = { type, doc, json };
  return { name, nanomq: value, emqx4: value };
}

/** A key that EMQX has not. */
export function ownKey(name: string, type: string, doc: string, json: Json): Key {
  return { name, nanomq: { type, doc, json }, emqx4: null };
}

/** A key of EMQX only. */
export function emqxKey(name: string, type: string, doc: string, json: Json): Key {
  return { name, nanomq: null, emqx4: { type, doc, json } };
}

/** Two keys of the same name with different values. */
export function variants(nanomq: Key, emqx4: Key): Key {
  return { name: nanomq.name, nanomq: nanomq.nanomq, emqx4: emqx4.emqx4 };
}

/** What stands for a user name that is not there. */
const NO_USERNAME = '"undefined"';

/** A user name as NanoMQ's page has it, and as EMQX sends it. */
export function usernameKey(name: string, whose: string, of: (facts: Facts) => string | undefined): Key {
  return variants(
    ownKey(name, 'string', `${whose} user name, \`"undefined"\` without one`, (facts) => {
      const username = of(facts);
      return username === undefined ? NO_USERNAME : JSON.stringify(username);
    }),
    emqxKey(name, 'string or null', '', (facts) => JSON.stringify(of(facts) ?? null)),
  );
}
