import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PayloadEncoding } from '../../src/webhook/payload.ts';
import { startReceiver } from '../kit/receiver.ts';
import { client, scene, type FakeBroker } from './scene.ts';

/** The bodies that arrive when a broker tells what `act` says. */
async function bodiesOf(count: number, act: (broker: FakeBroker) => void, encoding: PayloadEncoding = 'plain') {
  await using receiver = await startReceiver();
  await using stage = scene({ url: receiver.url, body: { encoding } });
  act(stage.broker);
  await receiver.waitFor(({ requests }) => requests.length === count);
  return receiver.requests.map(({ text }) => text);
}

/** What a body says of the payload. */
async function payloadOf(encoding: PayloadEncoding, payload: Buffer): Promise<string> {
  const [body = ''] = await bodiesOf(1, (broker) => broker.publish({ payload }), encoding);
  return body.slice(body.indexOf('"payload"'));
}

suite('bodies of the events', () => {
  test("are NanoMQ's examples, byte for byte", async () => {
    const bodies = await bodiesOf(3, (broker) => {
      broker.tell('client.connack', client(), 'success');
      broker.publish();
      broker.tell('client.disconnected', client(), 'normal');
    });
    assert.deepEqual(bodies, [
      '{"proto_ver":4,"keepalive":60,"conn_ack":"success","username":"undefined",' +
        '"clientid":"nanomq-6ecb0b61","action":"client_connack"}',
      '{"ts":1650609267000,"topic":"webhook/msg/123","retain":false,"qos":0,"action":"message_publish",' +
        '"from_username":"undefined","from_client_id":"nanomq-6ecb0b61","payload":"hello"}',
      '{"reason":"normal","username":"undefined","clientid":"nanomq-6ecb0b61","action":"client_disconnected"}',
    ]);
  });

  test('tell user names and real reasons', async () => {
    const ann = client('c1', { username: 'ann', protocolVersion: 5, keepAlive: 65_535 });
    const bodies = await bodiesOf(2, (broker) => {
      broker.tell('client.connack', ann, 'bad_username_or_password');
      broker.tell('client.disconnected', ann, 'keepalive_timeout');
    });
    assert.deepEqual(bodies, [
      '{"proto_ver":5,"keepalive":65535,"conn_ack":"bad_username_or_password","username":"ann",' +
        '"clientid":"c1","action":"client_connack"}',
      '{"reason":"keepalive_timeout","username":"ann","clientid":"c1","action":"client_disconnected"}',
    ]);
  });

  test('end with the name and subject of a client certificate, where there is one', async () => {
    const certificate = { commonName: 'sensor "ä"', subject: 'CN=sensor \\"ä\\",O=Example' };
    const sensor = client('c1', { certificate });
    const nameless = client('c1', { username: 'ann', certificate: { commonName: '', subject: 'O=Example' } });
    const bodies = await bodiesOf(4, (broker) => {
      broker.tell('client.connack', sensor, 'success');
      broker.tell('client.disconnected', sensor, 'normal');
      broker.tell('client.disconnected', nameless, 'normal');
      broker.tell('client.disconnected', client('c1'), 'normal');
    });
    assert.deepEqual(bodies, [
      '{"proto_ver":4,"keepalive":60,"conn_ack":"success","username":"undefined","clientid":"c1",' +
        '"action":"client_connack","cert_common_name":"sensor \\"ä\\"","cert_subject":"CN=sensor \\\\\\"ä\\\\\\",O=Example"}',
      '{"reason":"normal","username":"undefined","clientid":"c1","action":"client_disconnected",' +
        '"cert_common_name":"sensor \\"ä\\"","cert_subject":"CN=sensor \\\\\\"ä\\\\\\",O=Example"}',
      '{"reason":"normal","username":"ann","clientid":"c1","action":"client_disconnected",' +
        '"cert_common_name":"","cert_subject":"O=Example"}',
      '{"reason":"normal","username":"undefined","clientid":"c1","action":"client_disconnected"}',
    ]);
  });

  test('tell flags of a message, and null for a publisher that is no client', async () => {
    const ann = client('c1', { username: 'ann' });
    const bodies = await bodiesOf(2, (broker) => {
      broker.publish({ publisher: ann, qos: 2, retain: true, topic: 'a', payload: '', timestamp: 1 });
      broker.publish({ publisher: null, qos: 1, topic: 'b', payload: 'x', timestamp: 2 });
    });
    // Two lanes: either may be first.
    assert.deepEqual(bodies.toSorted(), [
      '{"ts":1,"topic":"a","retain":true,"qos":2,"action":"message_publish",' +
        '"from_username":"ann","from_client_id":"c1","payload":""}',
      '{"ts":2,"topic":"b","retain":false,"qos":1,"action":"message_publish",' +
        '"from_username":"undefined","from_client_id":null,"payload":"x"}',
    ]);
  });

  test('have the payload in each encoding, and say when plain was not possible', async () => {
    const notUtf8 = Buffer.from([0x00, 0xff, 0x10]);
    assert.equal(await payloadOf('plain', Buffer.from('a\0"é\n')), '"payload":"a\\u0000\\"é\\n"}');
    assert.equal(await payloadOf('plain', notUtf8), '"payload":"AP8Q","payload_encoding":"base64"}');
    assert.equal(await payloadOf('base64', notUtf8), '"payload":"AP8Q"}');
    assert.equal(await payloadOf('base62', notUtf8), '"payload":"0GzA"}');
    assert.equal(await payloadOf('base62', Buffer.alloc(0)), '"payload":""}');
  });

  test('keep the longest and oddest texts', async () => {
    const odd = '"\\\n\u0001 \u{1f41d} \u2028 \ufeff é';
    const username = odd + 'ü'.repeat(30_000);
    const topic = odd + 't'.repeat(65_000);
    const payload = Buffer.alloc(3_000_000, '\u{1f41d}');
    const [body = ''] = await bodiesOf(1, (broker) =>
      broker.publish({ topic, payload, publisher: client(odd, { username }) }),
    );
    assert.deepEqual(JSON.parse(body), {
      ts: 1_650_609_267_000,
      topic,
      retain: false,
      qos: 0,
      action: 'message_publish',
      from_username: username,
      from_client_id: odd,
      payload: payload.toString(),
    });
  });

  test('copy a payload before the call is over', async () => {
    const [body = ''] = await bodiesOf(1, (broker) => {
      const payload = Buffer.from('hello');
      broker.publish({ payload });
      payload.fill('x');
    });
    assert.match(body, /"payload":"hello"/);
  });
});

suite('requests', () => {
  test('are POSTs to path and query with the configured headers', async () => {
    await using receiver = await startReceiver();
    const headers = { 'X-Second': 'two', authorization: 'Bearer ä', 'Content-Type': 'text/plain' };
    await using stage = scene({ url: `${receiver.url}path/a%20b?x=1&y=%2F#fragment`, headers });
    stage.broker.publish({ payload: 'ü' });
    await receiver.waitFor(({ requests }) => requests.length === 1);
    const [request] = receiver.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/path/a%20b?x=1&y=%2F');
    assert.deepEqual(request?.headers, {
      host: `127.0.0.1:${receiver.port}`,
      connection: 'keep-alive',
      'x-second': 'two',
      authorization: 'Bearer ä',
      'content-type': 'text/plain',
      'content-length': String(request?.bytes.length),
    });
  });

  test('are application/json when nothing else is configured', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url });
    stage.broker.publish();
    await receiver.waitFor(({ requests }) => requests.length === 1);
    assert.equal(receiver.requests[0]?.headers['content-type'], 'application/json');
  });
});
