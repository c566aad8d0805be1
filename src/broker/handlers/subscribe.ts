import { protocolError } from '../../codec/errors.ts';
import { PacketType, type SubscribeEntry, type SubscribePacket } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import { exceedsLevels, parseFilter, validateFilter } from '../../topics/filter.ts';
import type { Connection } from '../connection.ts';
import { allows, denialOf, type Verdict } from '../hooks.ts';
import type { Session } from '../session.ts';
import type { SubscriptionOptions } from '../subscription.ts';

/** One filter on its way through a SUBSCRIBE. */
interface Asked {
  readonly filter: string;
  readonly options: SubscriptionOptions;
  /** Reason code: granted QoS or why not. */
  code: number;
}

/** SUBSCRIBE: validate and authorise each filter, store, answer, then send what is retained. */
export function handleSubscribe(connection: Connection, session: Session, packet: SubscribePacket): void {
  const asked = packet.entries.map((entry) =>
    askedOf(connection, entry, packet.properties?.subscriptionIdentifiers?.[0] ?? 0),
  );
  const pending = authorise(connection, asked);
  if (pending.length === 0) grant(connection, session, packet.packetId, asked);
  else connection.hold(Promise.all(pending).then(() => grant(connection, session, packet.packetId, asked)));
}

function askedOf(connection: Connection, entry: SubscribeEntry, subscriptionId: number): Asked {
  const { filter, qos, retainHandling } = entry;
  const { bridge } = connection;
  const options: SubscriptionOptions = {
    qos,
    noLocal: entry.noLocal || bridge,
    retainAsPublished: entry.retainAsPublished || bridge,
    retainHandling,
    subscriptionId,
  };
  if (entry.noLocal && filter.startsWith('$share/')) throw protocolError('no local on a shared subscription'); // [MQTT-3.8.3-4]
  const valid = validateFilter(filter) === null && !exceedsLevels(filter, connection.core.options.maxTopicLevels);
  return { filter, options, code: valid ? qos : ReasonCode.topic_filter_invalid };
}

/** Asks about each filter; returns the answers that are still to come. */
function authorise(connection: Connection, asked: readonly Asked[]): Promise<void>[] {
  const { client } = connection;
  const ask = connection.core.hooks.questions['client.authorize'];
  const pending: Promise<void>[] = [];
  if (ask === null || client === null) return pending;
  const decide = (item: Asked, verdict: Verdict): void => {
    if (!allows(verdict)) item.code = ReasonCode[denialOf(verdict)];
  };
  for (const item of asked) {
    if (item.code >= 0x80) continue;
    const topic = parseFilter(item.filter).filter;
    const verdict = ask(client, { action: 'subscribe', topic, qos: item.options.qos, retain: false });
    if (verdict instanceof Promise) pending.push(verdict.then((answer) => decide(item, answer)));
    else decide(item, verdict);
  }
  return pending;
}

function grant(connection: Connection, session: Session, packetId: number, asked: readonly Asked[]): void {
  if (connection.state !== 'open') return;
  const { core, client, version } = connection;
  const tell = core.hooks.events['session.subscribed'];
  const fresh: Asked[] = [];
  for (const item of asked) {
    if (item.code < 0x80 && !session.hasRoomFor(item.filter)) item.code = ReasonCode.quota_exceeded;
    if (item.code >= 0x80) continue;
    const isNew = session.subscribe(item.filter, item.options);
    if (tell !== null && client !== null) tell(client, item.filter, item.options);
    if (wantsRetained(item, isNew)) fresh.push(item);
  }
  // Before 5.0 there is one code for all failures.
  const reasonCodes = asked.map(({ code }) => (code >= 0x80 && version < 5 ? 0x80 : code));
  connection.answer({ type: PacketType.suback, packetId, reasonCodes, properties: null });
  for (const { filter, options } of fresh) session.backfill(filter, options);
  session.pump();
}

/** Retain handling [MQTT-3.3.1-9 to 11]; shared subscriptions get no retained messages. */
function wantsRetained({ filter, options }: Asked, isNew: boolean): boolean {
  if (filter.startsWith('$share/')) return false;
  return options.retainHandling === 0 || (options.retainHandling === 1 && isNew);
}
