/* oxlint-disable no-await-in-loop -- a client says one thing after the other */
import { openClient, type TcpClient } from '../kit/tcp-client.ts';
import type { Ledger } from './ledger.ts';

/** Messages of a client that wait for their acknowledgement at most. */
const WINDOW = 20;

/**
 * Publishes with QoS 1 until `goal` messages were, in all lives of the broker, and acknowledged; or until the connection
 * ends. What was not acknowledged by then is not sent again: each number is published once at most.
 */
export async function publish(port: number, client: number, goal: number, ledger: Ledger): Promise<void> {
  using connection = await openClient(port, `chaos-${client}`);
  const waiting: number[] = [];
  let isDone = false;
  while (!isDone || waiting.length > 0) {
    while (!isDone && waiting.length < WINDOW) {
      const number = ledger.publish(client);
      send(connection, client, number);
      waiting.push(number);
      isDone = number + 1 >= goal;
    }
    const { messageId } = await connection.next('puback');
    const number = waiting.shift() ?? 0;
    if (messageId !== packetId(number)) throw new Error(`PUBACK of ${messageId} instead of ${packetId(number)}`);
    ledger.acknowledge(client, number);
  }
  connection.send({ cmd: 'disconnect' });
  await connection.ended();
}

function send(connection: TcpClient, client: number, number: number): void {
  connection.send({
    cmd: 'publish',
    topic: `chaos/${client}`,
    payload: `${client}:${number}`,
    qos: 1,
    messageId: packetId(number),
    dup: false,
    retain: false,
  });
}

function packetId(number: number): number {
  return (number % 0xffff) + 1;
}
