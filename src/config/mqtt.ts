import type { Kind } from './kind.ts';
import { boolean, checked, duration, enumeration, integer, number, scalar, size, textOrNone } from './kinds.ts';
import { byteRate, rate } from './rate-kinds.ts';
import { row, section } from './rows.ts';
import type { Plain } from './tree.ts';

const qosLevels = [0, 1, 2] as const;

/** The section `mqtt`: limits, and what the broker offers. Names are NanoMQ's, else EMQX's. */
export const mqttSection = section(
  'mqtt',
  {
    max_packet_size: row(size({ min: 128, max: 256 * 1024 * 1024 }), {
      doc: 'The largest packet that a client may send.',
      default: '10MB',
      legacy: [{ name: 'max_packet_size', convert: sizeOfOldKilobytes }],
    }),
    max_inflight_window: row(integer({ min: 1, max: 65_535 }), {
      doc: 'QoS 1 and 2 messages sent to a client and not acknowledged yet, at most.',
      default: 2048,
    }),
    max_mqueue_len: row(integer({ min: 1 }), {
      doc: 'Messages that wait for a client, offline or slow, at most.',
      default: 10_000,
      legacy: ['msq_len'],
    }),
    max_mqueue_bytes: row(size({ min: 1024 }), {
      doc: 'Bytes of the messages that wait for a client, at most.',
      default: '16MB',
    }),
    max_topic_alias: row(integer({ max: 65_535 }), {
      doc: 'Topic aliases that a client may use towards the broker; 0 is none.',
      default: 1024,
    }),
    max_outgoing_topic_alias: row(integer({ max: 65_535 }), {
      doc: 'Topic aliases that the broker uses towards a client that takes them; 0 is none.',
      default: 32,
    }),
    receive_maximum: row(integer({ min: 1, max: 65_535 }), {
      doc: 'QoS 1 and 2 messages that a client may have sent without an answer, at most.',
      default: 1024,
    }),
    keepalive_multiplier: row(number({ min: 1, max: 100 }), {
      doc: 'A client that is silent for this many times its keep-alive interval is disconnected.',
      default: 1.5,
      legacy: [{ name: 'keepalive_backoff', convert: multiplierOfOldBackoff }],
    }),
    max_keepalive: row(duration({ min: 1000, max: 65_535_000, endless: 'unlimited' }), {
      doc: 'The longest keep-alive; 5.0 clients that want longer, or none, are told this one.',
      default: 'unlimited',
    }),
    max_session_expiry: row(duration({ endless: 'never' }), {
      doc: 'How long a session outlives its connection at most; a persistent 3.1.1 session lives that long. `never` expires none.',
      default: '7d',
    }),
    connect_timeout: row(duration({ min: 100, max: 3_600_000 }), {
      doc: 'A connection that sends no CONNECT for this long is closed; the handshake of TLS or WebSocket is part of it.',
      default: '15s',
    }),
    max_outgoing_buffer: row(size({ min: 64 * 1024 }), {
      doc: 'Bytes that wait for one connection to be written, at most; QoS 0 messages beyond it are dropped.',
      default: '1MB',
    }),
    max_retained: row(integer({ unlimited: true }), {
      doc: 'Retained messages, at most; those below $SYS do not count.',
      default: 1_000_000,
    }),
    max_retained_bytes: row(size(), {
      doc: 'Bytes that retained messages take, at most; a topic level counts 100, what is below $SYS nothing.',
      default: '256MB',
    }),
    max_subscriptions: row(integer({ min: 1, unlimited: true }), {
      doc: 'Subscriptions of one session, at most; a very long or deep filter counts as several.',
      default: 10_000,
    }),
    max_sessions: row(integer({ min: 1, unlimited: true }), {
      doc: 'Sessions, of connected clients and of clients that are away, at most.',
      default: 100_000,
    }),
    max_connections: row(integer({ min: 1, unlimited: true }), {
      doc: 'Connections at the same time, at most.',
      default: 100_000,
    }),
    max_connections_per_ip: row(integer({ min: 1, unlimited: true }), {
      doc: 'Connections at the same time from one address, at most; of IPv6 from one /64 network.',
      default: 50_000,
    }),
    max_connect_rate: row(rate(), {
      doc: 'New connections per second, at most; as many may come at once.',
      default: 'unlimited',
    }),
    max_message_rate: row(rate(), {
      doc: 'Messages per second that one connection may publish; as many may come at once.',
      default: 'unlimited',
    }),
    max_byte_rate: row(byteRate(), {
      doc: 'Bytes per second that one connection may send; as many may come at once.',
      default: 'unlimited',
    }),
    rate_action: row(enumeration(['disconnect', 'throttle']), {
      doc: 'What happens to a client that sends faster: it is disconnected, or read from more slowly.',
      default: 'disconnect',
    }),
    max_topic_levels: row(integer({ min: 1, max: 65_535 }), {
      doc: 'Levels of a topic or filter, at most.',
      default: 128,
    }),
    max_topic_length: row(integer({ min: 1, max: 65_535 }), {
      doc: 'Bytes of a topic or filter, at most.',
      default: 65_535,
    }),
    max_qos_allowed: row(qos(), {
      doc: 'The highest QoS of messages and subscriptions.',
      default: 2,
    }),
    retain_available: row(boolean(), { doc: 'Whether messages may be retained.', default: true }),
    wildcard_subscription: row(boolean(), { doc: 'Whether filters may have wildcards.', default: true }),
    shared_subscription: row(boolean(), { doc: 'Whether subscriptions may be shared.', default: true }),
    subscription_identifiers: row(boolean(), {
      doc: 'Whether subscriptions may have identifiers.',
      default: true,
    }),
    response_information: row(responseInformation(), {
      doc: 'Where 5.0 clients that ask for it are told to have responses sent; `${clientid}` is the client identifier. Empty tells none.',
      default: 'response/${clientid}',
    }),
    check_payload_format: row(boolean(), {
      doc: 'Whether a payload that is said to be UTF-8 is refused when it is not.',
      default: true,
    }),
  },
  { doc: 'Limits and habits of the broker, for all listeners.' },
);

function qos(): Kind<(typeof qosLevels)[number]> {
  return scalar('0, 1 or 2', ({ text }) => qosLevels.find((level) => String(level) === text));
}

function responseInformation(): Kind<string> {
  return checked(textOrNone(), (topic) =>
    /[+#\0]/.test(topic) || Buffer.byteLength(topic) > 1024
      ? 'must be the beginning of a topic: no + and #, and at most 1024 bytes'
      : null,
  );
}

/** The flat dialect counts in kilobytes. */
function sizeOfOldKilobytes(value: Plain): Plain {
  return typeof value === 'string' && /^\d+$/.test(value) ? `${value}KB` : value;
}

/** Meant in thousandths (the stock file of NanoMQ has 1250), but a plain factor works as well. */
function multiplierOfOldBackoff(value: Plain): Plain {
  const factor = Number(value);
  return factor >= 100 ? factor / 1000 : value;
}
