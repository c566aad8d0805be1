import type { BrokerStats } from '../broker/stats.ts';
import { droppedOf, type Facts, type TopicRow } from './facts.ts';
import { PERIODS } from './load.ts';

/** The counters whose load is published; `connects` is how many CONNECT packets were answered. */
export const LOADS: readonly (readonly [
  name: string,
  what: string,
  total: (stats: BrokerStats, connects: number) => number,
])[] = [
  ['messages/received', 'Packets of any type received', (stats) => stats.packetsReceived],
  ['messages/sent', 'Packets of any type sent', (stats) => stats.packetsSent],
  ['publish/received', 'PUBLISH packets received', (stats) => stats.messagesReceived],
  ['publish/sent', 'PUBLISH packets sent', (stats) => stats.messagesSent],
  ['publish/dropped', 'Messages dropped', droppedOf],
  ['bytes/received', 'Bytes received', (stats) => stats.bytesReceived],
  ['bytes/sent', 'Bytes sent', (stats) => stats.bytesSent],
  ['sockets', 'Connections accepted', (stats) => stats.connectionsAccepted],
  ['connections', 'CONNECT packets answered', (_stats, connects) => connects],
];

/**
 * The topics below `$SYS/broker` as Mosquitto names them (mosquitto(8), "Broker status"). `clients/expired` is not
 * there: nobody counts that here.
 */
export const MOSQUITTO_TOPICS: readonly TopicRow[] = [
  ['version', 'Name and version: `HookMQ version 0.1.0`', ({ version }) => `HookMQ version ${version}`],
  ['uptime', 'Time since the start: `123 seconds`', ({ uptime }) => `${Math.floor(uptime / 1000)} seconds`],

  ['clients/total', 'Sessions, whether their client is connected or not', ({ stats }) => stats.sessions],
  ['clients/connected', 'Clients that are connected', ({ stats }) => stats.clients],
  ['clients/active', 'The older name of `clients/connected`', ({ stats }) => stats.clients],
  ['clients/disconnected', 'Sessions whose client is away', awayOf],
  ['clients/inactive', 'The older name of `clients/disconnected`', awayOf],
  ['clients/maximum', 'The most clients that were connected at a time', ({ stats }) => stats.clientsMaximum],
  ['connections/socket/count', 'Connections accepted', ({ stats }) => stats.connectionsAccepted],

  ['bytes/received', 'Bytes received', ({ stats }) => stats.bytesReceived],
  ['bytes/sent', 'Bytes sent', ({ stats }) => stats.bytesSent],
  ['messages/received', 'Packets of any type received', ({ stats }) => stats.packetsReceived],
  ['messages/sent', 'Packets of any type sent', ({ stats }) => stats.packetsSent],
  ['publish/messages/received', 'PUBLISH packets received', ({ stats }) => stats.messagesReceived],
  ['publish/messages/sent', 'PUBLISH packets sent', ({ stats }) => stats.messagesSent],
  ['publish/messages/dropped', 'Messages that a receiver did not get', ({ stats }) => droppedOf(stats)],
  ['publish/bytes/received', 'Bytes of the payloads received', ({ stats }) => stats.messageBytesReceived],
  ['publish/bytes/sent', 'Bytes of the payloads sent', ({ stats }) => stats.messageBytesSent],

  ['subscriptions/count', 'Subscriptions, shared ones included', ({ stats }) => stats.subscriptions],
  ['shared_subscriptions/count', 'Shared subscriptions', ({ stats }) => stats.sharedSubscriptions],
  ['retained messages/count', 'Retained messages, those below $SYS included', ({ stats }) => stats.retained],
  ['store/messages/count', 'Retained messages, and those that wait for a receiver (once for each)', storedOf],
  ['store/messages/bytes', 'Bytes of the retained messages', ({ stats }) => stats.retainedBytes],
  ['messages/stored', 'The older name of `store/messages/count`', storedOf],

  ['heap/current', "Bytes in use of JavaScript's heap", ({ heap }) => heap],
  ['heap/maximum', 'The most of them at one of the publications', ({ heapMaximum }) => heapMaximum],

  ...LOADS.flatMap(([name, what], index) =>
    PERIODS.map(([period], at): TopicRow => [
      `load/${name}/${period}`,
      `${what} a minute, average of ${period}`,
      ({ loads }) => (loads[index]?.averages[at] ?? 0).toFixed(2),
    ]),
  ),
];

function awayOf({ stats }: Facts): number {
  return stats.sessions - stats.clients;
}

function storedOf({ stats }: Facts): number {
  return stats.retained + stats.queued;
}
