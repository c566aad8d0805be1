import { droppedOf, type TopicRow } from './facts.ts';

/** The topics below `$SYS/brokers/<node>` as EMQX names them ("System Topic" of its manual). */
export const EMQX_TOPICS: readonly TopicRow[] = [
  ['version', 'The version: `0.1.0`', ({ version }) => version],
  ['sysdescr', 'The name: `HookMQ`', () => 'HookMQ'],
  ['uptime', 'Milliseconds since the start', ({ uptime }) => Math.floor(uptime)],
  ['datetime', 'Date and time: `2026-01-01T00:00:00.000Z`', ({ date }) => new Date(date).toISOString()],

  ['stats/connections/count', 'Clients that are connected', ({ stats }) => stats.clients],
  ['stats/connections/max', 'The most clients that were connected at a time', ({ stats }) => stats.clientsMaximum],
  ['stats/live_connections/count', 'As `stats/connections/count`', ({ stats }) => stats.clients],
  ['stats/live_connections/max', 'As `stats/connections/max`', ({ stats }) => stats.clientsMaximum],
  ['stats/sessions/count', 'Sessions, whether their client is connected or not', ({ stats }) => stats.sessions],
  ['stats/subscriptions/count', 'Subscriptions, shared ones included', ({ stats }) => stats.subscriptions],
  ['stats/subscriptions/shared/count', 'Shared subscriptions', ({ stats }) => stats.sharedSubscriptions],
  ['stats/retained/count', 'Retained messages, those below $SYS included', ({ stats }) => stats.retained],

  ['metrics/bytes/received', 'Bytes received', ({ stats }) => stats.bytesReceived],
  ['metrics/bytes/sent', 'Bytes sent', ({ stats }) => stats.bytesSent],
  ['metrics/packets/received', 'Packets of any type received', ({ stats }) => stats.packetsReceived],
  ['metrics/packets/sent', 'Packets of any type sent', ({ stats }) => stats.packetsSent],
  ['metrics/packets/publish/received', 'PUBLISH packets received', ({ stats }) => stats.messagesReceived],
  ['metrics/packets/publish/sent', 'PUBLISH packets sent', ({ stats }) => stats.messagesSent],
  ['metrics/messages/received', 'As `metrics/packets/publish/received`', ({ stats }) => stats.messagesReceived],
  ['metrics/messages/sent', 'As `metrics/packets/publish/sent`', ({ stats }) => stats.messagesSent],
  ['metrics/messages/dropped', 'Messages that a receiver did not get', ({ stats }) => droppedOf(stats)],
];
