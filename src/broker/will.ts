import type { WillFields } from '../codec/packets.ts';
import type { PublishProperties } from '../codec/properties.ts';
import type { Client } from './client.ts';
import type { Core } from './core.ts';
import { Message } from './message.ts';
import { submit } from './publishing.ts';
import type { Will } from './session.ts';

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
      void submit(core, message);
    },
  };
}

/** When a message with `properties` expires on the broker's clock; Infinity for never. */
export function expiryOf(core: Core, properties: PublishProperties | null): number {
  const seconds = properties?.messageExpiryInterval;
  return seconds === undefined ? Infinity : core.options.clock.now() + seconds * 1000;
}
