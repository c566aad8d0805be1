import { malformed, ProtocolError, protocolError } from '../../codec/errors.ts';
import {
  PacketType,
  type SubackPacket,
  type SubscribeEntry,
  type SubscribePacket,
  type UnsubackPacket,
} from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import { parseFilter, validateFilter } from '../../topics/filter.ts';
import type { Connection } from '../connection.ts';
import { allows, denialCode, denialText, type Verdict } from '../hooks.ts';
import type { BrokerOptions } from '../options.ts';
import type { Session } from '../session.ts';
import type { SubscriptionOptions } from '../subscription.ts';
import { isExcessive } from '../topic-limits.ts';

/** Why a filter is refused. */
interface Refusal {
  readonly code: number;
  /** For people. */
  readonly text: string | undefined;
}

/** One filter on its way through a SUBSCRIBE. */
interface Asked {
  readonly filter: string;
  readonly options: SubscriptionOptions;
  refusal: Refusal | null;
}

/** SUBSCRIBE: validate and authorise each filter, store, answer, then send what is retained. */
export function handleSubscribe(connection: Connection, session: Session, packet: SubscribePacket): void {
  const asked = packet.entries.map((entry) =>
    askedOf(connection, entry, packet.properties?.subscriptionIdentifiers?.[0] ?? 0),
  );
  tellAsked(connection, packet, asked);
  if (connection.state !== 'open') return;
  const pending = authorise(connection, asked);
  if (pending.length === 0) grant(connection, session, packet.packetId, asked);
  else connection.hold(Promise.all(pending).then(() => grant(connection, session, packet.packetId, asked)));
}

/** Told with the QoS that the client asked for, though it may get less. */
function tellAsked(connection: Connection, { entries }: SubscribePacket, asked: readonly Asked[]): void {
  const { client, core } = connection;
  const tell = core.hooks.events['client.subscribe'];
  if (tell === null || client === null) return;
  for (const [index, { filter, options }] of asked.entries()) {
    // A listener may end the connection.
    if (connection.state !== 'open') return;
    const qos = entries[index]?.qos ?? options.qos;
    tell(client, filter, qos === options.qos ? options : { ...options, qos });
  }
}

function askedOf(connection: Connection, entry: SubscribeEntry, subscriptionId: number): Asked {
  const { filter, retainHandling } = entry;
  const { bridge, core } = connection;
  const options: SubscriptionOptions = {
    qos: entry.qos < core.options.maximumQoS ? entry.qos : core.options.maximumQoS, // [MQTT-3.2.2-10]
    noLocal: entry.noLocal || bridge,
    retainAsPublished: entry.retainAsPublished || bridge,
    retainHandling,
    subscriptionId,
  };
  if (entry.noLocal && filter.startsWith('$share/')) throw protocolError('no local on a shared subscription'); // [MQTT-3.8.3-4]
  return { filter, options, refusal: refusalOf(connection, filter, subscriptionId) };
}

/** Why nobody may subscribe to this filter, null for no reason. */
function refusalOf({ core, version }: Connection, filter: string, subscriptionId: number): Refusal | null {
  // Before 5.0 `$share/g` is a filter like any other: we have no such subscription, but nothing is wrong with it.
  if (version === 5 || !filter.startsWith('$share/')) checkFilter(filter);
  else if (validateFilter(filter) !== null) return { code: ReasonCode.topic_filter_invalid, text: undefined };
  if (isExcessive(core, filter)) return { code: ReasonCode.topic_filter_invalid, text: 'too long, or too many levels' };
  const missing = missingOf(core.options, filter, subscriptionId);
  // CONNACK has said so: to ask nevertheless is a Protocol Error (5.0, sections 3.2.2.3.11 to 13).
  if (missing !== null && version === 5) throw new ProtocolError(missing.code, missing.text);
  return missing;
}

/** Throws ProtocolError for what is no topic filter at all [MQTT-4.7.1-1,2] [MQTT-4.7.3-1] [MQTT-4.8.2-1,2]. */
export function checkFilter(filter: string): void {
  const problem = validateFilter(filter);
  if (problem !== null) throw malformed(problem);
}

/** What this broker does not have, of what the filter needs. */
function missingOf(options: BrokerOptions, filter: string, subscriptionId: number) {
  if (!options.sharedSubscriptions && filter.startsWith('$share/'))
    return { code: ReasonCode.shared_subscriptions_not_supported, text: 'there are no shared subscriptions here' };
  if (!options.wildcardSubscriptions && /[+#]/.test(filter))
    return { code: ReasonCode.wildcard_subscriptions_not_supported, text: 'there are no wildcards here' };
  if (!options.subscriptionIdentifiers && subscriptionId > 0)
    return { code: ReasonCode.subscription_identifiers_not_supported, text: 'there are no identifiers here' };
  return null;
}

/** Asks about each filter; returns the answers that are still to come. */
function authorise(connection: Connection, asked: readonly Asked[]): Promise<void>[] {
  const { client } = connection;
  const ask = connection.core.hooks.questions['client.authorize'];
  const pending: Promise<void>[] = [];
  if (ask === null || client === null) return pending;
  const decide = (item: Asked, verdict: Verdict): void => {
    if (!allows(verdict)) item.refusal = { code: denialCode(verdict, PacketType.suback), text: denialText(verdict) };
  };
  for (const item of asked) {
    if (item.refusal !== null) continue;
    const topic = parseFilter(item.filter).filter;
    const verdict = ask(client, { action: 'subscribe', topic, qos: item.options.qos, retain: false });
    if (verdict instanceof Promise) pending.push(verdict.then((answer) => decide(item, answer)));
    else decide(item, verdict);
  }
  return pending;
}

function grant(connection: Connection, session: Session, packetId: number, asked: readonly Asked[]): void {
  const { core, client, version } = connection;
  const tell = core.hooks.events['session.subscribed'];
  const fresh: Asked[] = [];
  for (const item of asked) {
    if (connection.state !== 'open') return;
    if (item.refusal === null && !session.hasRoomFor(item.filter)) {
      item.refusal = {
        code: ReasonCode.quota_exceeded,
        text: `more than ${core.options.maxSubscriptions} subscriptions`,
      };
      core.counters.limited.subscriptions++;
    }
    if (item.refusal !== null) continue;
    const isNew = session.subscribe(item.filter, item.options);
    if (tell !== null && client !== null) tell(client, item.filter, item.options);
    if (wantsRetained(item, isNew)) fresh.push(item);
  }
  if (connection.state !== 'open') return;
  // Before 5.0 there is one code for all failures.
  const reasonCodes = asked.map(({ refusal, options }) =>
    refusal === null ? options.qos : version < 5 ? 0x80 : refusal.code,
  );
  const text = asked.find(({ refusal }) => refusal !== null)?.refusal?.text;
  answerWith(text, connection, { type: PacketType.suback, packetId, reasonCodes, properties: null });
  for (const { filter, options } of fresh) session.backfill(filter, options);
  session.pump();
}

/** Sends it with `text` as its Reason String where the client wants such [MQTT-3.1.2-29] and has room for it. */
export function answerWith(
  text: string | undefined,
  connection: Connection,
  packet: SubackPacket | UnsubackPacket,
): void {
  const told = text !== undefined && connection.problemInformation;
  if (!told || !connection.send({ ...packet, properties: { reasonString: text } })) connection.answer(packet);
}

/** Retain handling [MQTT-3.3.1-9 to 11]; shared subscriptions get no retained messages. */
function wantsRetained({ filter, options }: Asked, isNew: boolean): boolean {
  if (filter.startsWith('$share/')) return false;
  return options.retainHandling === 0 || (options.retainHandling === 1 && isNew);
}
