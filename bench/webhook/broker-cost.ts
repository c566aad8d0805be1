// What a hook on every message costs the broker's thread: messages over wires without a system below them.
/* oxlint-disable no-await-in-loop -- the pace is what is measured at */
import { setTimeout as pause } from 'node:timers/promises';
import { attachWebhook, Broker, type Webhook, type Wire, type WireHandler } from '../../src/index.ts';
import { config } from '../../test/webhook/scene.ts';
import { connect, publishTemplate } from '../load/packets.ts';
import { Receiver } from './receiver.ts';

const CLIENTS = 100;
const PAYLOAD_BYTES = 64;
const PER_TICK = 100;
const TICK_MS = 1;

/** Microseconds of the broker thread's CPU for each message, with and without a hook on it. */
export interface BrokerCost {
  readonly without: number;
  readonly with: number;
  readonly dropped: number;
}

/** Measures `messages` of them after as many to warm up; at a pace that the delivery, in batches, can follow. */
export async function brokerCost(messages: number): Promise<BrokerCost> {
  const receiver = new Receiver();
  await receiver.listen();
  const without = await measure(messages, () => null);
  let dropped = 0;
  const hooked = await measure(
    messages,
    (broker) => {
      const events = [{ event: 'on_message_publish' }];
      return attachWebhook(broker, config({ url: receiver.url, events, batch: { max_events: 500 } }));
    },
    (webhook) => {
      const stats = webhook.stats();
      if (stats.matched !== 2 * messages) throw new Error(`${stats.matched} events of ${2 * messages} messages`);
      dropped = sum(stats.dropped);
    },
  );
  await receiver.close();
  return { without, with: hooked, dropped };
}

async function measure(
  messages: number,
  attach: (broker: Broker) => Webhook | null,
  finish: (webhook: Webhook) => void = () => {},
): Promise<number> {
  const broker = new Broker();
  const webhook = attach(broker);
  await webhook?.ready;
  const publishers = Array.from({ length: CLIENTS }, (_, i) => {
    const handler = broker.attach(wire());
    handler.data(connect(`client-${i}`));
    return { handler, packet: publishTemplate(`cost/${i}/state`, 0, PAYLOAD_BYTES).bytes };
  });
  await publish(publishers, messages);
  const before = process.threadCpuUsage();
  await publish(publishers, messages);
  const { user, system } = process.threadCpuUsage(before);
  if (webhook !== null) finish(webhook);
  await webhook?.close(10_000);
  await broker.close();
  return (user + system) / messages;
}

async function publish(
  publishers: readonly { readonly handler: WireHandler; readonly packet: Buffer }[],
  messages: number,
): Promise<void> {
  for (let sent = 0; sent < messages; await pause(TICK_MS)) {
    for (const end = Math.min(messages, sent + PER_TICK); sent < end; sent++) {
      const publisher = publishers[sent % CLIENTS];
      publisher?.handler.data(publisher.packet);
    }
  }
}

/** A wire that takes everything. */
function wire(): Wire {
  return {
    peer: { address: '127.0.0.1', port: 50_000, listener: 'default', certificate: null },
    backlog: 0,
    write: () => true,
    writeAll() {},
    pause() {},
    resume() {},
    end() {},
    probe() {},
  };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
