import type { PublishPacket } from '../../src/codec/packets.ts';
import { type Model, Violation } from './model.ts';
import { idOf, type Publication } from './publication.ts';
import type { LinkRecord, SessionRecord } from './session-record.ts';
import type { Tenure, Variant } from './tenure.ts';

/** Milliseconds that a deadline of the broker, or bytes on their way, may be late. */
export const SLACK_MS = 2000;

/** A message that came, with the topic that its alias stood for. */
export interface Receipt {
  readonly session: SessionRecord;
  readonly link: LinkRecord;
  readonly packet: PublishPacket;
  readonly topic: string;
}

/** Checks one PUBLISH as it comes, and notes it. Throws Violation. */
export function receive(model: Model, receipt: Receipt): void {
  const { packet, session } = receipt;
  model.delivered++;
  // What clears a retained message has no identifier: all that can be seen of it is its exchange.
  const clears = packet.payload.length === 0;
  const publication = clears ? model.clearing(receipt.topic) : publicationOf(model, receipt);
  if (packet.qos > 0 && isRepetition(receipt, publication)) return;
  if (packet.dup && receipt.link.first) throw wrong('dup-flag', 'DUP on the first connection', receipt);
  if (clears) return packet.qos > 0 ? begin(receipt, publication) : undefined;
  checkTime(model, receipt, publication);
  const backfill = checkSubscriptions(model, receipt, publication);
  if (publication.fields.retain) noteCurrent(receipt, publication);
  if (backfill) session.backfilled.set(publication, model.stamp());
  else checkCopies(receipt, publication);
  session.received.set(publication, (session.received.get(publication) ?? 0) + 1);
  if (packet.qos > 0) begin(receipt, publication);
}

function wrong(rule: string, what: string, { session, packet, topic }: Receipt, publication?: Publication): Violation {
  const flags = `QoS ${packet.qos}${packet.dup ? ', DUP' : ''}${packet.retain ? ', RETAIN' : ''}`;
  const message = publication?.fields.id ?? idOf(packet.payload).slice(0, 40);
  const text = `${session.clientId} got ${message} on ${topic} (${flags}, packet identifier ${packet.packetId}): ${what}`;
  return new Violation(rule, text, [
    session.clientId,
    ...(publication === undefined ? [] : [publication.fields.publisher]),
  ]);
}

function publicationOf(model: Model, receipt: Receipt): Publication {
  const { payload } = receipt.packet;
  const publication = model.publications.get(idOf(payload));
  if (publication === undefined) throw wrong('unknown', 'nobody published it in this round', receipt);
  if (publication.fields.topic !== receipt.topic || !publication.payload().equals(payload))
    throw wrong(
      'altered',
      `it was published to ${publication.fields.topic}, or its payload differs`,
      receipt,
      publication,
    );
  if (publication.sentAt === Infinity) throw wrong('will', 'nobody has died', receipt, publication);
  if (performance.now() < publication.notBefore)
    throw wrong('will', 'it was to be delayed longer', receipt, publication);
  return publication;
}

/** Whether the broker sends again what it sent on an earlier connection. */
function isRepetition(receipt: Receipt, publication: Publication): boolean {
  const { session, link, packet } = receipt;
  const exchange = session.exchanges.get(packet.packetId);
  if (exchange === undefined) return false;
  if (exchange.publication !== publication) {
    if (exchange.finishedAt === Infinity)
      throw wrong('packet-identifier', `it is in use by ${exchange.publication.fields.id}`, receipt, publication);
    return false;
  }
  if (exchange.link === link) throw wrong('duplicate', 'it came on this connection already', receipt, publication);
  if (!packet.dup) throw wrong('dup-flag', 'DUP is missing', receipt, publication); // [MQTT-3.3.1-1]
  if (exchange.qos !== packet.qos) throw wrong('qos', `it came at QoS ${exchange.qos} before`, receipt, publication);
  if (exchange.finishedAt < exchange.link.fencedAt)
    throw wrong('duplicate', 'it was acknowledged, and the broker knew', receipt, publication);
  // A PUBREL shows that the broker has let go of the message.
  if (exchange.qos === 2 && !exchange.unreleased) throw wrong('duplicate', 'it was released', receipt, publication);
  if (exchange.place < link.lastRepeated) throw wrong('order', 'repeated out of order', receipt, publication); // [MQTT-4.6.0-1]
  link.lastRepeated = exchange.place;
  exchange.link = link;
  exchange.finishedAt = Infinity;
  countUnacknowledged(receipt);
  return true;
}

function begin(receipt: Receipt, publication: Publication): void {
  const { session, packet, link } = receipt;
  session.begin(packet.packetId, publication, packet.qos, link);
  countUnacknowledged(receipt);
}

function countUnacknowledged(receipt: Receipt): void {
  const { link } = receipt;
  if (++link.unacknowledged > link.receiveMaximum)
    throw wrong('receive-maximum', `more than ${link.receiveMaximum} are on their way`, receipt); // [MQTT-3.3.4-9]
}

/** A message that had expired when the connection began must not begin on it. */
function checkTime(model: Model, receipt: Receipt, publication: Publication): void {
  const { packet, link } = receipt;
  const expired = publication.doneTime + publication.fields.expiry * 1000;
  const late = link.openedTime > expired + SLACK_MS && !model.stalledSince(expired);
  if (!packet.dup && late && !publication.timeless) throw wrong('expired', 'long ago', receipt, publication);
  const left = packet.properties?.messageExpiryInterval;
  if (left !== undefined && left > publication.fields.expiry)
    throw wrong('expired', `${left} seconds are left of ${publication.fields.expiry}`, receipt, publication);
}

/**
 * The options under which a publication may have come to a session. Later than it was sent comes what is retained
 * (`backfill`), and what a shared group's member had whose session has ended.
 */
export function possibleVariants(session: SessionRecord, publication: Publication, backfill: boolean): Variant[] {
  const { topic, publisher } = publication.fields;
  const variants = session.tenures.all
    .filter((tenure) => tenure.covers(topic) && !(backfill && tenure.group !== null))
    .flatMap((tenure) => {
      const until = backfill || tenure.group !== null ? Infinity : publication.doneAt;
      return tenure.possible(publication.sentAt, until);
    });
  return variants.filter(({ terms }) => !terms.noLocal || publisher !== session.clientId);
}

/** What a subscription that surely holds promises for a publication, null where none is sure. */
export function promise(
  session: SessionRecord,
  tenure: Tenure,
  publication: Publication,
  now: number,
): Variant[] | null {
  const { topic, publisher } = publication.fields;
  const until = Math.min(publication.doneAt, now);
  if (!tenure.covers(topic) || !tenure.holds(publication.sentAt, until)) return null;
  const variants = tenure.possible(publication.sentAt, until);
  if (publisher === session.clientId && variants.some(({ terms }) => terms.noLocal)) return null;
  return variants;
}

/** Returns whether it may have come because it is retained. */
function checkSubscriptions(model: Model, receipt: Receipt, publication: Publication): boolean {
  const { session, packet } = receipt;
  const live = possibleVariants(session, publication, false);
  const late = packet.retain
    ? possibleVariants(session, publication, true).filter(({ terms }) => terms.retainHandling !== 2)
    : [];
  if (packet.retain && !publication.fields.retain)
    throw wrong('retain-flag', 'it was published without', receipt, publication);
  const asPublished = live.filter(({ terms }) => terms.retainAsPublished);
  const backfill = packet.retain && late.length > 0;
  if (!backfill && packet.retain && live.length > 0 && asPublished.length === 0)
    throw wrong('retain-flag', 'no subscription is "retain as published"', receipt, publication);
  const possible = backfill ? [...(asPublished.length > 0 ? live : []), ...late] : live;
  if (possible.length === 0) throw wrong('unwanted', 'it matches no subscription', receipt, publication);
  if (!packet.retain && publication.fields.retain && asPublished.length === live.length)
    throw wrong('retain-flag', 'all subscriptions are "retain as published"', receipt, publication);
  const plain = session.tenures.all.filter(({ group }) => group === null);
  const promises = plain.map((tenure) => promise(session, tenure, publication, model.stamp()));
  checkQos(receipt, publication, possible, backfill ? [] : promises);
  checkIdentifiers(receipt, publication, possible, backfill ? [] : promises);
  if (backfill && asPublished.length === 0) checkFresh(model, receipt, publication, late);
  return backfill;
}

/** QoS is the lower of the publication's and the highest that was granted. */
function checkQos(
  receipt: Receipt,
  publication: Publication,
  possible: readonly Variant[],
  promises: readonly (readonly Variant[] | null)[],
): void {
  const { qos } = receipt.packet;
  const highest = Math.max(...possible.map(({ terms }) => terms.qos));
  const lowest = Math.max(0, ...promises.map((variants) => (variants === null ? 0 : lowestQos(variants))));
  if (qos > Math.min(publication.fields.qos, highest) || qos < Math.min(publication.fields.qos, lowest))
    throw wrong('qos', `published at ${publication.fields.qos}, granted ${lowest} - ${highest}`, receipt, publication);
}

export function lowestQos(variants: readonly Variant[]): number {
  return Math.min(...variants.map(({ terms }) => terms.qos));
}

function checkIdentifiers(
  receipt: Receipt,
  publication: Publication,
  possible: readonly Variant[],
  promises: readonly (readonly Variant[] | null)[],
): void {
  const found = receipt.packet.properties?.subscriptionIdentifiers ?? [];
  const allowed = new Set(possible.map(({ terms }) => terms.subscriptionId));
  const stranger = found.find((id) => !allowed.has(id));
  if (stranger !== undefined)
    throw wrong('subscription-identifier', `${stranger} is of no matching subscription`, receipt, publication);
  if (receipt.link.version < 5) return;
  for (const variants of promises) {
    const id = variants?.length === 1 ? variants[0]?.terms.subscriptionId : undefined;
    if (id !== undefined && id !== 0 && !found.includes(id))
      throw wrong('subscription-identifier', `${id} is missing`, receipt, publication); // [MQTT-3.3.4-3]
  }
}

/** What is retained is sent only as long as nothing newer is. */
function checkFresh(model: Model, receipt: Receipt, publication: Publication, late: readonly Variant[]): void {
  const current = receipt.session.current.get(receipt.topic);
  if (current?.link === receipt.link && !receipt.packet.dup && current.position > Math.max(...publication.positions))
    throw wrong('retained', 'a newer one has come already', receipt, publication);
  const asked = Math.min(...late.map(({ from }) => from));
  const since = receipt.packet.dup ? asked : Math.max(asked, receipt.link.openedAt);
  const newer = (model.attempts.get(receipt.topic) ?? []).find(
    (attempt) =>
      attempt.publication !== publication &&
      attempt.publication.certain &&
      attempt.publication.doneAt < since &&
      attempt.publication.acceptedFrom > Math.max(-1, ...publication.positions),
  );
  if (newer !== undefined)
    throw wrong('retained', `${newer.publication.fields.id} had replaced it`, receipt, publication);
}

function noteCurrent({ session, link, topic }: Receipt, publication: Publication): void {
  const position = Math.min(...publication.positions);
  const current = session.current.get(topic);
  if (current?.link !== link || current.position < position) session.current.set(topic, { position, link });
}

/** As many copies as the publisher sent, in its order [MQTT-4.6.0-5,6]; at QoS 2 one. */
function checkCopies(receipt: Receipt, publication: Publication): void {
  const { session, packet } = receipt;
  const { publisher, topic, qos, will } = publication.fields;
  const copies = session.received.get(publication) ?? 0;
  if (qos === 2 && copies > 0 && !publication.fields.retain)
    throw wrong('duplicate', 'it was published once, at QoS 2', receipt, publication);
  const group = session.tenures.all.find((tenure) => tenure.group !== null && tenure.covers(topic))?.group ?? null;
  if (group !== null) return countShare(receipt, publication, group);
  const key = `${publisher} ${will ? 'will' : topic} ${qos} ${packet.qos}`;
  const newest = session.newest.get(key) ?? -1;
  const position = publication.positions.find((one) => one > newest);
  if (position === undefined)
    throw wrong(
      copies > 0 ? 'duplicate' : 'order',
      'newer messages of its publisher came before',
      receipt,
      publication,
    );
  session.newest.set(key, position);
}

function countShare(receipt: Receipt, publication: Publication, group: string): void {
  const count = (publication.shares.get(group) ?? 0) + 1;
  publication.shares.set(group, count);
  if (count > 1 && receipt.packet.qos === 2)
    throw wrong('shared', `${count} members of ${group} got it`, receipt, publication);
}
