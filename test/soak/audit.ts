import type { BrokerStats } from '../../src/broker/stats.ts';
import { type Model, Violation } from './model.ts';
import type { Publication } from './publication.ts';
import { lowestQos, possibleVariants, promise } from './receipt.ts';
import type { SessionRecord } from './session-record.ts';
import type { Tenure } from './tenure.ts';

/**
 * Checks at the end of a round, when everything has come and is acknowledged: what had to come and did not. Throws
 * Violation.
 */
export function audit(model: Model): void {
  const publications = [...model.publications.values()];
  for (const session of model.sessions) {
    checkExchanges(session);
    if (!session.ended) checkRetained(model, session);
    for (const publication of publications)
      if (isOwed(model, session, publication)) checkReceived(model, session, publication);
  }
  for (const [group, members] of groupsOf(model))
    for (const publication of publications) if (publication.certain) checkShare(model, group, members, publication);
}

/** Every exchange that the broker began comes to its end. */
function checkExchanges(session: SessionRecord): void {
  if (session.ended) return;
  for (const [packetId, { publication, finishedAt }] of session.exchanges)
    if (finishedAt === Infinity)
      throw new Violation(
        'unfinished',
        `${session.clientId}: packet identifier ${packetId}, ${publication.fields.id}`,
        [session.clientId],
      );
}

/** Whether a subscription that surely held all the time of the publication promises it. */
function isOwed(model: Model, session: SessionRecord, publication: Publication): boolean {
  // What the last round left is what its topics retain: see checkRetained.
  if (!publication.certain || publication.fields.size === 0 || publication.sentAt === Infinity) return false;
  if (model.retained.get(publication.fields.topic) === publication) return false;
  if (publication.fields.expiry <= SHORT) return false;
  const plain = session.tenures.all.filter(({ group }) => group === null);
  const promises = plain.map((tenure) => promise(session, tenure, publication, Infinity)).filter((one) => one !== null);
  if (promises.length === 0) return false;
  const { qos } = publication.fields;
  if (Math.min(qos, Math.max(...promises.map(lowestQos))) > 0) return !session.ended;
  // At QoS 0 what counts is the connection; where it may have come at a higher QoS, it may have been on its way still.
  const atMostOnce = possibleVariants(session, publication, false).every(({ terms }) => Math.min(qos, terms.qos) === 0);
  return !model.tight && atMostOnce && wasThere(session, publication);
}

/** Seconds of a Message Expiry Interval that may pass during a round. */
const SHORT = 10;

/** Whether one connection was up from before the publication until everything had come that was sent before its end. */
function wasThere(session: SessionRecord, { sentAt, doneAt }: Publication): boolean {
  return session.links.some(({ openedAt, fencedAt }) => openedAt < sentAt && fencedAt > doneAt);
}

function checkReceived(model: Model, session: SessionRecord, publication: Publication): void {
  model.checks++;
  if (session.received.has(publication)) return;
  const { id, topic, qos, publisher } = publication.fields;
  throw new Violation('lost', `${session.clientId} never got ${id} on ${topic}, published at QoS ${qos}`, [
    session.clientId,
    publisher,
  ]);
}

/** What was retained before a subscription, and not replaced since, came to it. */
function checkRetained(model: Model, session: SessionRecord): void {
  for (const tenure of session.tenures.all)
    for (const [topic, publication] of model.retained) {
      if (model.attempts.has(topic) || tenure.group !== null || !tenure.covers(topic)) continue;
      const asked = backfillAsked(model, session, tenure, publication);
      if (asked === Infinity) continue;
      model.checks++;
      if ((session.backfilled.get(publication) ?? 0) > asked) continue;
      const { id } = publication.fields;
      throw new Violation('retained', `${session.clientId} never got ${id}, retained on ${topic}`, [session.clientId]);
    }
}

/** The last time in this round at which a subscription that still holds asked for what is retained; Infinity for never. */
function backfillAsked(model: Model, session: SessionRecord, tenure: Tenure, publication: Publication): number {
  if (tenure.heldFrom === Infinity || tenure.heldUntil !== Infinity) return Infinity;
  const own = publication.fields.publisher === session.clientId;
  const reliable = tenure.variants.every(({ terms }) => Math.min(terms.qos, publication.fields.qos) > 0);
  if (!reliable || tenure.variants.some(({ terms }) => own && terms.noLocal)) return Infinity;
  const asking = tenure.variants.filter(({ terms, granted }) => terms.retainHandling === 0 && granted !== Infinity);
  const last = asking.at(-1)?.from ?? 0;
  return last > model.roundStart ? last : Infinity;
}

/** All tenures of each shared group, those of sessions that have ended included. */
function groupsOf(model: Model): Map<string, [SessionRecord, Tenure][]> {
  const groups = new Map<string, [SessionRecord, Tenure][]>();
  for (const session of model.sessions)
    for (const tenure of session.tenures.all) {
      if (tenure.group === null) continue;
      const members = groups.get(tenure.group) ?? [];
      members.push([session, tenure]);
      groups.set(tenure.group, members);
    }
  return groups;
}

/** One member of a shared group gets each message [MQTT-4.8.2-4 to 6]. */
function checkShare(
  model: Model,
  group: string,
  members: readonly (readonly [SessionRecord, Tenure])[],
  publication: Publication,
): void {
  const { id, qos, topic, publisher, expiry } = publication.fields;
  const promised = members.filter(([session, tenure]) => promise(session, tenure, publication, Infinity) !== null);
  const count = publication.shares.get(group) ?? 0;
  const someEnded = members.some(([session]) => session.ended);
  const clients = [publisher, ...new Set(members.map(([session]) => session.clientId))];
  model.checks++;
  if (count > publication.positions.length && !someEnded)
    throw new Violation('shared', `${count} members of ${group} got ${id}`, clients);
  const granted = Math.min(...promised.flatMap(([, tenure]) => tenure.variants.map(({ terms }) => terms.qos)));
  if (count > 0 || promised.length === 0 || Math.min(qos, granted) === 0 || expiry <= SHORT) return;
  // The session that had it may have ended: at QoS 2 the message ends with it, at QoS 1 another member gets it.
  const survivor = promised.some(([session, tenure]) => !session.ended && tenure.heldUntil === Infinity);
  if (someEnded && (Math.min(qos, granted) === 2 || !survivor)) return;
  throw new Violation('lost', `no member of ${group} got ${id} on ${topic}, published at QoS ${qos}`, clients);
}

/** Nothing was dropped that need not be. */
export function checkDrops(model: Model, { dropped }: BrokerStats): void {
  const explained = new Set(['offline', 'session_ended', 'expired', ...(model.tight ? ['receiver_slow'] : [])]);
  for (const [reason, count] of Object.entries(dropped))
    if (count > 0 && !explained.has(reason)) throw new Violation('dropped', `${count} messages: ${reason}`, []);
}
