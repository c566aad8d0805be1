import type { styleText } from 'node:util';

import { firstCharacters, visible, visibleStart } from './visible.ts';

/** Colours a piece of text or leaves it alone; the formats are those of `util.styleText`. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

type Event = Readonly<Record<string, unknown>>;

const CLIENT_CHARACTERS = 60;
const TOPIC_CHARACTERS = 120;
const PAYLOAD_CHARACTERS = 80;
const PAYLOAD_BYTES = 24;

const VERSIONS: Readonly<Record<string, string>> = { '3': 'MQTT 3.1', '4': 'MQTT 3.1.1', '5': 'MQTT 5.0' };

type Detail = (event: Event, paint: Paint) => readonly string[];

/** What is told of each action, after time, action and client. */
const DETAILS: Readonly<Record<string, Detail>> = {
  client_connect: connection,
  client_connack: (event, paint) => [
    event['conn_ack'] === 'success' ? paint('green', 'success') : paint('red', text(event['conn_ack'])),
    ...connection(event),
  ],
  client_connected: connection,
  client_disconnected: ending,
  client_subscribe: subscription,
  client_unsubscribe: subscription,
  session_created: () => [],
  session_resumed: () => [],
  session_takenover: () => [],
  session_discarded: () => [],
  session_subscribed: subscription,
  session_unsubscribed: subscription,
  session_terminated: ending,
  message_publish: message,
  message_delivered: message,
  message_acked: message,
  message_dropped: (event, paint) => [paint('yellow', text(event['reason'])), ...message(event, paint)],
};

function connection(event: Event): readonly string[] {
  return [
    VERSIONS[String(event['proto_ver'])] ?? `protocol ${text(event['proto_ver'])}`,
    `keep alive ${text(event['keepalive'])} s`,
  ];
}

function ending(event: Event, paint: Paint): readonly string[] {
  return [event['reason'] === 'normal' ? 'normal' : paint('yellow', text(event['reason']))];
}

function subscription(event: Event, paint: Paint): readonly string[] {
  const { qos } = asRecord(event['opts']);
  return [topic(event, paint), ...(qos === undefined ? [] : [`qos ${text(qos)}`])];
}

function message(event: Event, paint: Paint): readonly string[] {
  return [topic(event, paint), `qos ${text(event['qos'])}${event['retain'] === true ? ' retain' : ''}`, payload(event)];
}

/** A webhook request's body as one readable line, whatever is in it. */
export function eventLine(body: string, at: Date, paint: Paint): string {
  const event = asObject(body);
  if (event === undefined) return [clockTime(at, paint), paint('red', 'not an event'), quoted(body)].join('  ');
  const action = asText(event['action']);
  const details = Object.hasOwn(DETAILS, action) ? DETAILS[action] : undefined;
  return [
    clockTime(at, paint),
    paint('bold', visible(action).padEnd('session_unsubscribed'.length)),
    ...(details === undefined ? [quoted(body)] : [client(event), ...details(event, paint)]),
  ].join('  ');
}

/** The local time of day to the millisecond. */
export function clockTime(at: Date, paint: Paint): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((value) => String(value).padStart(2, '0'));
  return paint('dim', `${time.join(':')}.${String(at.getMilliseconds()).padStart(3, '0')}`);
}

function client(event: Event): string {
  const id = event['clientid'] ?? event['from_client_id'];
  const user = event['username'] ?? event['from_username'];
  // NanoMQ writes the word when the client gave no user name.
  const suffix = user === undefined || user === 'undefined' ? '' : ` (user ${text(user)})`;
  return typeof id === 'string' ? text(id) + suffix : '(no client)';
}

function topic(event: Event, paint: Paint): string {
  return paint('cyan', visibleStart(asText(event['topic']), TOPIC_CHARACTERS));
}

function payload(event: Event): string {
  const value = event['payload'];
  if (value === undefined || value === null || value === '') return '(empty)';
  if (event['payload_encoding'] === 'base64') return bytes(Buffer.from(asText(value), 'base64'));
  return quoted(asText(value));
}

function quoted(value: string): string {
  const shown = `"${visibleStart(value, PAYLOAD_CHARACTERS)}"`;
  return firstCharacters(value, PAYLOAD_CHARACTERS) === value ? shown : `${shown} (${count(Buffer.byteLength(value))})`;
}

function bytes(value: Buffer): string {
  const shown = value
    .subarray(0, PAYLOAD_BYTES)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ');
  return `<${shown}${value.length > PAYLOAD_BYTES ? ' …' : ''}> (${count(value.length)})`;
}

function count(length: number): string {
  return `${length.toLocaleString('en')} byte${length === 1 ? '' : 's'}`;
}

function text(value: unknown): string {
  return visibleStart(asText(value), CLIENT_CHARACTERS);
}

/** A string as it is, anything else as its JSON, what is missing as null. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function asObject(body: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Event {
  return isObject(value) ? { ...value } : {};
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
