import assert from 'node:assert/strict';
import { test } from 'node:test';

import { generate } from 'mqtt-packet';

import { startBroker } from '../kit/broker-process.ts';
import { startReceiver } from '../kit/receiver.ts';
import { openClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const CLIENTS = 20;
const MESSAGES = 5000;
const TOTAL = CLIENTS * MESSAGES;
const PUBACK_BYTES = 4;

/** Publishes numbers from 0 on, with QoS 0 or 1 by the client's own number. */
async function publishAll(port: number, client: number): Promise<void> {
  using connection = await openClient(port, `client-${client}`);
  const qos = client % 2 === 0 ? 0 : 1;
  const packets = Array.from({ length: MESSAGES }, (_, number) =>
    generate({
      cmd: 'publish',
      topic: `from/${client}`,
      payload: String(number),
      qos,
      messageId: number + 1,
      dup: false,
      retain: false,
    }),
  );
  const before = connection.bytes;
  connection.send(Buffer.concat(packets));
  await until(() => connection.bytes - before === qos * MESSAGES * PUBACK_BYTES, 'the acknowledgements');
  connection.send({ cmd: 'disconnect' });
  await connection.ended();
}

test('100,000 messages arrive as 100,000 requests, none twice, in order for each client', async (t) => {
  await using receiver = await startReceiver();
  const events = '[{ event = "on_message_publish" }]';
  await using broker = await startBroker({ config: `webhook { url = "${receiver.url}", events = ${events} }` });

  const start = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => publishAll(broker.port, client)));
  await receiver.waitFor(({ requests }) => requests.length >= TOTAL, 60_000);
  const seconds = (performance.now() - start) / 1000;
  t.diagnostic(`${Math.round(TOTAL / seconds)} requests per second over ${receiver.sockets} connections`);

  // Every event has an answer now: a second copy of any would have been on its way before the end.
  assert.equal(await broker.terminate(), 0);
  assert.equal(receiver.requests.length, TOTAL);
  const next = new Map<string, number>();
  for (const { text } of receiver.requests) {
    const { from_client_id: id, payload } = JSON.parse(text);
    const expected = next.get(id) ?? 0;
    if (payload !== String(expected)) assert.fail(`${id}: ${payload} came instead of ${expected}`);
    next.set(id, expected + 1);
  }
  assert.equal(next.size, CLIENTS);
  assert.doesNotMatch(broker.log, /lost/);
});
