import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startReceiver } from '../../kit/receiver.ts';
import { client, scene } from '../scene.ts';
import { textsOf } from './texts.ts';

const emqx4 = { body: { format: 'emqx4' } } as const;

suite('bodies of the events', () => {
  test("are NanoMQ's examples, byte for byte, with what EMQX has beyond them at the end", () => {
    const bodies = textsOf((broker) => {
      broker.tell('client.connack', client(), 'success');
      broker.publish();
      broker.tell('client.disconnected', client(), 'normal');
    });
    assert.deepEqual(bodies, [
      '{"proto_ver":4,"keepalive":60,"conn_ack":"success","username":"undefined",' +
        '"clientid":"nanomq-6ecb0b61","action":"client_connack","ipaddress":"127.0.0.1"}',
      '{"ts":1650609267000,"topic":"webhook/msg/123","retain":false,"qos":0,"action":"message_publish",' +
        '"from_username":"undefined","from_client_id":"nanomq-6ecb0b61","payload":"hello"}',
      '{"reason":"normal","username":"undefined","clientid":"nanomq-6ecb0b61","action":"client_disconnected",' +
        '"ipaddress":"127.0.0.1","disconnected_at":1776839667}',
    ]);
  });

  test('end with the name and subject of a client certificate, where there is one', () => {
    const certificate = { commonName: 'sensor "ä"', subject: 'CN=sensor \\"ä\\",O=Example' };
    const sensor = client('c1', { certificate, username: 'ann' });
    const nameless = client('c1', { certificate: { commonName: '', subject: 'O=Example' } });
    const subscription = {
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      subscriptionId: 0,
    } as const;
    const bodies = textsOf((broker) => {
      broker.tell('client.disconnected', sensor, 'normal');
      broker.tell('session.created', nameless);
      broker.tell('client.subscribe', nameless, 'a', subscription);
    });
    assert.deepEqual(bodies, [
      '{"reason":"normal","username":"ann","clientid":"c1","action":"client_disconnected",' +
        '"cert_common_name":"sensor \\"ä\\"","cert_subject":"CN=sensor \\\\\\"ä\\\\\\",O=Example",' +
        '"ipaddress":"127.0.0.1","disconnected_at":1776839667}',
      '{"username":"undefined","clientid":"c1","action":"session_created",' +
        '"cert_common_name":"","cert_subject":"O=Example","ipaddress":"127.0.0.1"}',
      '{"topic":"a","opts":{"qos":0,"nl":0,"rap":0,"rh":0},"username":"undefined","clientid":"c1",' +
        '"action":"client_subscribe","cert_common_name":"","cert_subject":"O=Example"}',
    ]);
  });

  test("are EMQX's, in the order of its keys", () => {
    const assigned = client('hookmq-1', { clientIdAssigned: true, protocolVersion: 5 });
    const ann = client('c1', { username: 'ann', certificate: { commonName: 'c1', subject: 'CN=c1' } });
    const options = { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2, subscriptionId: 7 } as const;
    const bodies = textsOf((broker) => {
      broker.tell('client.connect', assigned);
      broker.tell('client.connack', assigned, 'success');
      broker.tell('client.connected', assigned, false);
      broker.tell('client.disconnected', ann, 'normal');
      broker.tell('client.subscribe', ann, '$share/g/t', options);
      broker.tell('session.subscribed', ann, '$share/g/t', options);
      broker.tell('client.unsubscribe', ann, '$share/g/t');
      broker.tell('session.unsubscribed', ann, '$share/g/t');
      broker.publish({ publisher: ann, retain: true, qos: 1, topic: 't', payload: Buffer.of(0xff), timestamp: 1 });
    }, emqx4);
    assert.deepEqual(bodies, [
      '{"username":null,"proto_ver":5,"node":"hookmq@test","keepalive":60,"ipaddress":"127.0.0.1","clientid":"",' +
        '"action":"client_connect"}',
      '{"username":null,"proto_ver":5,"node":"hookmq@test","keepalive":60,"ipaddress":"127.0.0.1","conn_ack":"success",' +
        '"clientid":"","action":"client_connack"}',
      '{"username":null,"proto_ver":5,"node":"hookmq@test","keepalive":60,"ipaddress":"127.0.0.1",' +
        '"connected_at":1776839667123,"clientid":"hookmq-1","action":"client_connected"}',
      '{"username":"ann","reason":"normal","node":"hookmq@test","disconnected_at":1776839667123,"clientid":"c1",' +
        '"action":"client_disconnected"}',
      '{"username":"ann","topic":"t","opts":{"subid":7,"share":"g","rh":2,"rap":1,"qos":2,"nl":1},' +
        '"node":"hookmq@test","clientid":"c1","action":"client_subscribe"}',
      '{"username":"ann","topic":"t","opts":{"subid":7,"sub_props":{"Subscription-Identifier":7},"share":"g","rh":2,' +
        '"rap":1,"qos":2,"nl":1},"node":"hookmq@test","clientid":"c1","action":"session_subscribed"}',
      '{"username":"ann","topic":"t","opts":{"share":"g"},"node":"hookmq@test","clientid":"c1",' +
        '"action":"client_unsubscribe"}',
      '{"username":"ann","topic":"t","node":"hookmq@test","clientid":"c1","action":"session_unsubscribed"}',
      '{"ts":1,"topic":"t","retain":true,"qos":1,"payload_encoding":"base64","payload":"/w==","node":"hookmq@test",' +
        '"from_username":"ann","from_client_id":"c1","action":"message_publish"}',
    ]);
  });

  test('are the data of CloudEvents', () => {
    const body = { format: 'cloudevents', source: 'https://example.com/"gw"' } as const;
    const bodies = textsOf(
      (broker) => {
        broker.publish({ topic: 'a\n\u{1f41d}\u0085\ufffe', publisher: null });
        broker.tell('session.created', client('c1'));
      },
      { body },
    );
    assert.deepEqual(bodies, [
      '{"specversion":"1.0","id":"evt_k3v0qd_1","source":"https://example.com/\\"gw\\"","type":"hookmq.message.publish",' +
        '"time":"2026-04-22T06:34:27.123Z","subject":"a%0A\u{1f41d}%C2%85%EF%BF%BE",' +
        '"datacontenttype":"application/json","sequence":"0000000000000001","clientsequence":"0000000000000101",' +
        '"run":"k3v0qd","data":{"ts":1650609267000,"topic":"a\\n\u{1f41d}\u0085\ufffe","retain":false,"qos":0,' +
        '"action":"message_publish","from_username":"undefined","from_client_id":null,"payload":"hello"}}',
      '{"specversion":"1.0","id":"evt_k3v0qd_2","source":"https://example.com/\\"gw\\"","type":"hookmq.session.created",' +
        '"time":"2026-04-22T06:34:27.123Z","subject":"c1","datacontenttype":"application/json",' +
        '"sequence":"0000000000000002","clientsequence":"0000000000000102","run":"k3v0qd",' +
        '"data":{"username":"undefined","clientid":"c1","action":"session_created","ipaddress":"127.0.0.1"}}',
    ]);
  });

  test('of a batch say which event they are', () => {
    for (const format of ['nanomq', 'emqx4'] as const) {
      const bodies = textsOf(
        (broker) => {
          broker.publish();
          broker.tell('session.created', client());
        },
        { body: { format }, batch: { maxEvents: 2 } },
      );
      assert.match(bodies[0] ?? '', /,"event_id":"evt_k3v0qd_1","seq":1,"client_seq":101}$/);
      assert.match(bodies[1] ?? '', /,"event_id":"evt_k3v0qd_2","seq":2,"client_seq":102}$/);
    }
  });

  test('arrive with the longest and oddest texts', async () => {
    const odd = '"\\\n\u0001 \u{1f41d} \u2028 \ufeff é';
    const username = odd + 'ü'.repeat(30_000);
    const topic = odd + 't'.repeat(65_000);
    const payload = Buffer.alloc(3_000_000, '\u{1f41d}');
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url });
    stage.broker.publish({ topic, payload, publisher: client(odd, { username }) });
    await receiver.waitFor(({ requests }) => requests.length === 1);
    assert.deepEqual(JSON.parse(receiver.requests[0]?.text ?? ''), {
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

  test('copy a payload before the call is over', () => {
    const [body = ''] = textsOf((broker) => {
      const payload = Buffer.from('hello');
      broker.publish({ payload });
      payload.fill('x');
    });
    assert.match(body, /"payload":"hello"/);
  });
});

test('requests have path and query of the URL, the configured headers, and the body', async () => {
  await using receiver = await startReceiver();
  const headers = { 'X-Second': 'two', authorization: 'Bearer ä', 'Content-Type': 'text/plain' };
  await using stage = scene({ url: `${receiver.url}path/a%20b?x=1&y=%2F`, headers });
  stage.broker.publish({ payload: 'ü' });
  await receiver.waitFor(({ requests }) => requests.length === 1);
  const [request] = receiver.requests;
  assert.deepEqual([request?.method, request?.path], ['POST', '/path/a%20b?x=1&y=%2F']);
  assert.equal(request?.headers['x-second'], 'two');
  assert.equal(request?.headers['authorization'], 'Bearer ä');
  assert.equal(request?.headers['content-type'], 'text/plain');
  assert.match(request?.text ?? '', /"payload":"ü"}$/);
});
