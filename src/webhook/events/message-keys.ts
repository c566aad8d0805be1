import { emqxKey, key, ownKey, usernameKey, variants } from './key.ts';

export const timestamp = key('ts', 'integer', 'When the message was published, in milliseconds since 1970', (facts) =>
  String(facts.timestamp),
);
export const topic = key('topic', 'string', "The message's topic", (facts) => JSON.stringify(facts.topic));

/** As it was published, or as it goes to the receiver. */
export const qos = key('qos', 'integer', 'Its QoS: 0, 1 or 2', (facts) => String(facts.qos));
export const retain = key('retain', 'boolean', 'Its RETAIN flag', (facts) => String(facts.retain));

export const fromClientId = key(
  'from_client_id',
  'string or null',
  "The publisher's client id, `null` for a message that no client published",
  (facts) => JSON.stringify(facts.fromClientId),
);
export const fromUsername = usernameKey('from_username', "The publisher's", (facts) => facts.fromUsername);

export const payload = variants(
  ownKey('payload', 'string', 'The payload as `body.encoding` says', (facts) => facts.payload),
  emqxKey('payload', 'string', "in EMQX's own base62, where that is set", (facts) => facts.payload),
);
export const payloadEncoding = key(
  'payload_encoding',
  'string',
  '`"base64"`, only if the payload cannot be had in the encoding that is set',
  (facts) => (facts.isFallback ? '"base64"' : ''),
);

/** Null for a message that nobody gets. */
export const receiver = key('clientid', 'string', "The receiver's client id", (facts) =>
  JSON.stringify(facts.clientId),
);
export const receiverName = usernameKey('username', "The receiver's", (facts) => facts.username);

export const droppedFor = key(
  'clientid',
  'string or null',
  "The receiver's client id, `null` if nobody got it",
  (facts) => JSON.stringify(facts.clientId),
);
export const droppedForName = variants(
  ownKey(
    'username',
    'string or null',
    'The receiver\'s user name, `"undefined"` without one, `null` if nobody got it',
    (facts) => (facts.clientId === null ? 'null' : JSON.stringify(facts.username ?? 'undefined')),
  ),
  emqxKey('username', 'string or null', '', (facts) =>
    facts.clientId === null ? 'null' : JSON.stringify(facts.username ?? null),
  ),
);
export const dropReason = key(
  'reason',
  'string',
  '`queue_full`, `receiver_slow`, `expired`, `too_large`, `not_authorized`, `payload_format_invalid`, `retained_full` (delivered, but not retained), `offline` or `session_ended`',
  (facts) => JSON.stringify(facts.reason),
);
