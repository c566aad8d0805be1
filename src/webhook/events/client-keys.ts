import type { Facts } from './facts.ts';
import { emqxKey, key, ownKey, usernameKey, variants, type Key } from './key.ts';

/** The event, for programs. */
export const action = key('action', 'string', '`"<action>"`', (facts) => facts.action);

/** The client is the one whose connection or session it is. */
export const clientid = key(
  'clientid',
  'string',
  "The client's id, the one that the broker assigned if it sent none",
  (facts) => JSON.stringify(facts.clientId),
);
export const username = usernameKey('username', "The client's", (facts) => facts.username);
export const protocol = key('proto_ver', 'integer', 'Protocol version: 3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0)', (facts) =>
  String(facts.protocolVersion),
);
export const keepalive = key('keepalive', 'integer', 'Keep-alive that the client asked for, in seconds', (facts) =>
  String(facts.keepAlive),
);
export const ipaddress = key(
  'ipaddress',
  'string',
  "The client's address without port, empty for a Unix socket",
  (facts) => JSON.stringify(facts.remoteAddress),
);
export const connAck = key('conn_ack', 'string', '`success`, or why the connection was refused', (facts) =>
  JSON.stringify(facts.reason),
);
export const reason = key(
  'reason',
  'string',
  'Why it ended: `normal`, `tcp_closed`, `keepalive_timeout` ...',
  (facts) => JSON.stringify(facts.reason),
);

/** EMQX has an address in some events only. */
export const ownAddress: Key = { ...ipaddress, emqx4: null };

/** EMQX tells the connection before it assigns an id. */
export const clientidAsSent = variants(
  clientid,
  emqxKey('clientid', 'string', 'empty if the client sent none', (facts) =>
    facts.clientIdAssigned ? '""' : JSON.stringify(facts.clientId),
  ),
);

export const connectedAt = variants(
  ownKey('connected_at', 'integer', 'When, in seconds since 1970', (facts) => String(Math.floor(facts.time / 1000))),
  emqxKey('connected_at', 'integer', 'milliseconds since 1970', (facts) => String(facts.time)),
);
export const disconnectedAt = variants(
  ownKey('disconnected_at', 'integer', 'When, in seconds since 1970', (facts) => String(Math.floor(facts.time / 1000))),
  emqxKey('disconnected_at', 'integer', 'milliseconds since 1970', (facts) => String(facts.time)),
);

export const certificate = [
  ownKey('cert_common_name', 'string', 'Only with a client certificate: the common name of its subject', (facts) =>
    facts.commonName === null ? '' : JSON.stringify(facts.commonName),
  ),
  ownKey('cert_subject', 'string', 'Only with a client certificate: its subject as RFC 4514 writes it', (facts) =>
    facts.commonName === null ? '' : JSON.stringify(facts.subject),
  ),
];

export const topic = key('topic', 'string', "The subscription's topic filter, without `$share/group/`", (facts) =>
  JSON.stringify(facts.topic),
);

/** What a subscription asks for; in EMQX the keys stand in its order, the alphabet's backwards. */
export const options = variants(
  ownKey(
    'opts',
    'object',
    'Numbers `qos`, `nl` (no local), `rap` (retain as published), `rh` (retain handling); `share`: the group, if it is shared; `subid`: the subscription identifier, if there is one',
    (facts) => JSON.stringify(optionsOf(facts)),
  ),
  emqxKey('opts', 'object', '', (facts) => backwards(optionsOf(facts))),
);

/** EMQX also tells the properties of SUBSCRIBE, once the subscription is made. */
export const storedOptions = variants(
  options,
  emqxKey(
    'opts',
    'object',
    'also with `sub_props`: `{"Subscription-Identifier": ...}` if there is one, else `{}`',
    (facts) => {
      const id = facts.options.subscriptionId;
      return backwards({ ...optionsOf(facts), sub_props: id === 0 ? {} : { 'Subscription-Identifier': id } });
    },
  ),
);

/** All that EMQX tells of the options of a subscription that is taken back. */
export const shareOption = emqxKey('opts', 'object', '`share`: the group, if it is shared; else empty', ({ share }) =>
  share === null ? '{}' : JSON.stringify({ share }),
);

function optionsOf({ options: { qos, noLocal, retainAsPublished, retainHandling, subscriptionId }, share }: Facts) {
  const always = { qos, nl: noLocal, rap: retainAsPublished, rh: retainHandling };
  return { ...always, ...(share !== null && { share }), ...(subscriptionId !== 0 && { subid: subscriptionId }) };
}

function backwards(object: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? 1 : -1))));
}
