import { bindAddress, boolean, duration, integer, named, number, size } from './kinds.ts';
import { refuse, row, section } from './rows.ts';
import type { ConfigOf, Refusal } from './rows.ts';
import type { Plain } from './tree.ts';

const listenersSection = section(
  'listeners',
  {
    tcp: row(
      named({
        bind: row(bindAddress(), {
          doc: 'Address and port to listen on.',
          required: true,
          legacy: [{ name: 'url', convert: addressOfOldUrl }],
        }),
        enable: row(boolean(), {
          doc: 'Whether this listener is opened.',
          default: true,
          legacy: ['enable'],
        }),
      }),
      { doc: 'MQTT over TCP: one listener with `bind` directly, more of them below a name each.', default: {} },
    ),
  },
  {
    doc: 'Where clients connect. Without this section one TCP listener on the loopback interface is opened.',
    whenAbsent: { tcp: { bind: '127.0.0.1:1883' } },
  },
);

const mqttSection = section(
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
    receive_maximum: row(integer({ min: 1, max: 65_535 }), {
      doc: 'QoS 1 and 2 messages that a client may have sent without an answer, at most.',
      default: 1024,
    }),
    keepalive_multiplier: row(number({ min: 1, max: 100 }), {
      doc: 'A client that is silent for this many times its keep-alive interval is disconnected.',
      default: 1.5,
      legacy: [{ name: 'keepalive_backoff', convert: multiplierOfOldBackoff }],
    }),
    max_session_expiry: row(duration({ never: true }), {
      doc: 'How long a session outlives its connection at most; a persistent 3.1.1 session lives that long. `never` expires none.',
      default: '7d',
    }),
    connect_timeout: row(duration({ min: 100, max: 3_600_000 }), {
      doc: 'A connection that sends no CONNECT for this long is closed.',
      default: '15s',
    }),
    max_outgoing_buffer: row(size({ min: 64 * 1024 }), {
      doc: 'Bytes that wait for one connection to be written, at most; QoS 0 messages beyond it are dropped.',
      default: '1MB',
    }),
    max_retained: row(integer(), {
      doc: 'Retained messages, at most.',
      default: 1_000_000,
    }),
    max_retained_bytes: row(size(), {
      doc: 'Bytes of the retained messages, at most.',
      default: '256MB',
    }),
    max_subscriptions: row(integer({ min: 1 }), {
      doc: 'Subscriptions of one session, at most.',
      default: 10_000,
    }),
    max_sessions: row(integer({ min: 1 }), {
      doc: 'Sessions, of connected clients and of clients that are away, at most.',
      default: 100_000,
    }),
    max_connections: row(integer({ min: 1 }), {
      doc: 'Connections at the same time, at most.',
      default: 100_000,
    }),
  },
  { doc: 'Limits and habits of the broker, for all listeners.' },
);

/** The sections of the broker itself. */
export const coreSections = [listenersSection, mqttSection] as const;

/** What the broker's own sections make: sizes in bytes, durations in milliseconds (`never` is Infinity). */
export type CoreConfig = ConfigOf<typeof coreSections>;

/** `url=nmq-tcp://0.0.0.0:1883` or `broker+tcp://...`. */
function addressOfOldUrl(value: Plain): Plain | Refusal {
  if (typeof value !== 'string') {
    return value;
  }
  const address = /^(?:(?:nmq-tcp|broker\+tcp|tcp):\/\/)?([^/]+)\/?$/.exec(value)?.[1];
  return address ?? refuse('only TCP listeners are possible here: nmq-tcp://host:port');
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
