import { isUtf8 } from 'node:buffer';
import { malformed, ProtocolError, protocolError } from '../codec/errors.ts';
import type { WillFields } from '../codec/packets.ts';
import type { PublishProperties } from '../codec/properties.ts';
import { ReasonCode } from '../codec/reason-codes.ts';
import { isInternal, validateTopic } from '../topics/filter.ts';
import type { Client } from './client.ts';
import type { Core } from './core.ts';
import { Message } from './message.ts';
import { submit } from './publishing.ts';
import type { Will } from './session.ts';
import { topicExcessOf } from './topic-limits.ts';

/** Throws ProtocolError for a will that could not be published as a message. */
export function checkWill(core: Core, { topic, payload, qos, retain, properties }: WillFields): void {
  const { options } = core;
  const invalid = validateTopic(topic);
  if (invalid !== null) throw malformed(`the will: ${invalid}`); // [MQTT-4.7.0-1] [MQTT-4.7.3-1]
  const problem = topicExcessOf(core, topic) ?? (isInternal(topic) ? 'a topic of the broker itself' : null);
  if (problem !== null) throw new ProtocolError(ReasonCode.topic_name_invalid, `the will: ${problem}`);
  const response = properties?.responseTopic;
  if (response !== undefined && validateTopic(response) !== null)
    throw protocolError('the will: the response topic is no topic name'); // [MQTT-3.3.2-14]
  const excess = response === undefined ? null : topicExcessOf(core, response);
  if (excess !== null)
    throw new ProtocolError(ReasonCode.topic_name_invalid, `the will: the response topic: ${excess}`);
  if (options.checkPayloadFormat && properties?.payloadFormatIndicator === true && !isUtf8(payload))
    throw new ProtocolError(ReasonCode.payload_format_invalid, 'the will: the payload is not UTF-8');
  if (qos > options.maximumQoS)
    throw new ProtocolError(ReasonCode.qos_not_supported, `the will: QoS ${qos}, the highest is ${options.maximumQoS}`); // [MQTT-3.2.2-12]
  if (retain && !options.retainAvailable)
    throw new ProtocolError(ReasonCode.retain_not_supported, 'the will: messages are not retained here'); // [MQTT-3.2.2-13]
}

/** The will of CONNECT, ready to be published by the same road as any message. */
export function willOf(core: Core, client: Client, fields: WillFields): Will {
  const { willDelayInterval = 0, ...rest } = fields.properties ?? {};
  const properties: PublishProperties | null = Object.keys(rest).length === 0 ? null : rest;
  return {
    delay: willDelayInterval,
    publish(): void {
      const message = new Message({
        topic: fields.topic,
        payload: fields.payload,
        qos: fields.qos,
        retain: fields.retain,
        properties,
        publisher: client,
        timestamp: core.options.clock.date(),
        expiresAt: expiryOf(core, properties),
      });
      publishWill(core, message);
    },
  };
}

/** Nobody waits for a will: what a hook's nonsense makes of it may not reach whoever happened to be on the way. */
function publishWill(core: Core, message: Message): void {
  const name = JSON.stringify(message.publisher?.clientId);
  const failed = (error: unknown): void =>
    core.options.log.error(`the will of client ${name} could not be published: ${String(error)}`);
  try {
    const outcome = submit(core, message);
    if (outcome instanceof Promise) outcome.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** When a message with `properties` expires on the broker's clock; Infinity for never. */
export function expiryOf(core: Core, properties: PublishProperties | null): number {
  const seconds = properties?.messageExpiryInterval;
  return seconds === undefined ? Infinity : core.options.clock.now() + seconds * 1000;
}
