import { PacketType } from '../codec/packets.ts';
import { ReasonCode, reasonName } from '../codec/reason-codes.ts';
import { validateTopic } from '../topics/filter.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { DropReason } from './events.ts';
import { allows, denialCode, denialText, type MessageChange, type MessageVerdict } from './hooks.ts';
import { Message } from './message.ts';

/** A message was not accepted: the reason code as PUBACK carries it, and a text for people. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** What became of a message: accepted with this reason code, or refused. */
export type Outcome = number | Refusal;

/**
 * Authorises a message, asks and tells about it, and routes it: hops 4 to 6 of the road, for everybody who publishes.
 * A promise only if a hook answers with one.
 */
export function submit(core: Core, message: Message): Outcome | Promise<Outcome> {
  const { publisher } = message;
  const ask = core.hooks.questions['client.authorize'];
  if (ask === null || publisher === null) return accept(core, message);
  const { topic, qos, retain } = message;
  const verdict = ask(publisher, { action: 'publish', topic, qos, retain });
  if (!(verdict instanceof Promise)) return allows(verdict) ? accept(core, message) : deny(core, message, verdict);
  message.keep();
  return verdict.then((answer) => (allows(answer) ? accept(core, message) : deny(core, message, answer)));
}

function accept(core: Core, message: Message): Outcome | Promise<Outcome> {
  const ask = core.hooks.questions['message.publish'];
  if (ask === null) return route(core, message);
  const verdict = ask(message);
  if (!(verdict instanceof Promise)) return apply(core, message, verdict);
  message.keep();
  return verdict.then((answer) => apply(core, message, answer));
}

function apply(core: Core, message: Message, verdict: MessageVerdict): Outcome {
  if (!allows(verdict)) return deny(core, message, verdict);
  if (typeof verdict !== 'object' || !('change' in verdict)) return route(core, message);
  const problem = problemOf(verdict.change);
  if (problem === null) return route(core, changed(message, verdict.change));
  // The message as it was is what the hook did not want.
  core.options.log.error(`a hook of message.publish changed ${problem}: denied`);
  return deny(core, message, 'deny');
}

/** What is wrong with a hook's change, null for nothing. */
function problemOf({ topic, payload }: MessageChange): string | null {
  const problem = topic === undefined ? null : validateTopic(topic);
  if (problem !== null) return `the topic to one that is none (${problem})`;
  return payload === undefined || Buffer.isBuffer(payload) ? null : 'the payload to something that is no Buffer';
}

function changed(message: Message, change: MessageChange): Message {
  const { properties, publisher, timestamp, expiresAt } = message;
  return new Message({
    topic: change.topic ?? message.topic,
    payload: change.payload ?? message.payload,
    qos: change.qos ?? message.qos,
    retain: change.retain ?? message.retain,
    properties,
    publisher,
    timestamp,
    expiresAt,
  });
}

function route(core: Core, message: Message): number {
  const tell = core.hooks.events['message.published'];
  if (tell !== null) tell(message);
  return core.router.route(message) > 0 ? ReasonCode.success : ReasonCode.no_matching_subscribers;
}

function deny(core: Core, message: Message, verdict: MessageVerdict): Refusal {
  const code = denialCode(verdict, PacketType.puback);
  return refuse(core, message, 'not_authorized', code, denialText(verdict) ?? reasonName(code).replaceAll('_', ' '));
}

/** Counts and tells that a message goes nowhere. */
export function refuse(core: Core, message: Message, reason: DropReason, code: number, text: string): Refusal {
  drop(core, message, null, reason);
  return { code, text };
}
