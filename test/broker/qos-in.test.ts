import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { publishPacket } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

for (const version of VERSIONS)
  describe(`version ${version}: a PUBLISH from a client`, () => {
    test('QoS 0 is routed and not answered', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const publisher = scene.connect({ version });
      publisher.publish('t', 'hello').expectNothing();
      assert.deepEqual(subscriber.texts(), ['hello']);
    });

    test('QoS 1 is routed and answered with PUBACK [MQTT-4.3.2-4]', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t', { qos: 1 });
      const publisher = scene.connect({ version });
      publisher.publish('t', 'hello', { qos: 1, packetId: 77 });
      assert.equal(publisher.next('puback').packetId, 77);
      assert.deepEqual(subscriber.texts(), ['hello']);
    });

    test('QoS 1 with an identifier that was acknowledged is a new message [MQTT-4.3.2-5]', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const publisher = scene.connect({ version });
      publisher.publish('t', 'one', { qos: 1 });
      publisher.publish('t', 'two', { qos: 1, dup: true });
      assert.deepEqual(subscriber.texts(), ['one', 'two']);
      assert.equal(publisher.packets().length, 2);
    });

    test('QoS 2 goes through all its steps [MQTT-4.3.3-8 to 11]', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const publisher = scene.connect({ version });
      publisher.publish('t', 'hello', { qos: 2, packetId: 0xffff });
      assert.equal(publisher.next('pubrec').packetId, 0xffff);
      assert.deepEqual(subscriber.texts(), ['hello']);
      const pubcomp = publisher.ack('pubrel', 0xffff).next('pubcomp');
      assert.deepEqual([pubcomp.packetId, pubcomp.reasonCode], [0xffff, 0]);
    });

    test('QoS 2 that is sent again is acknowledged and not routed again [MQTT-4.3.3-10]', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const publisher = scene.connect({ version });
      publisher.publish('t', 'hello', { qos: 2 }).next('pubrec');
      publisher.publish('t', 'hello', { qos: 2, dup: true }).next('pubrec');
      publisher.publish('t', 'hello', { qos: 2 }).next('pubrec');
      assert.deepEqual(subscriber.texts(), ['hello']);
    });

    test('QoS 2 after PUBREL is a new message [MQTT-4.3.3-12]', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const publisher = scene.connect({ version });
      publisher.publish('t', 'one', { qos: 2 }).next('pubrec');
      publisher.ack('pubrel', 1).next('pubcomp');
      publisher.publish('t', 'two', { qos: 2, dup: true }).next('pubrec');
      assert.deepEqual(subscriber.texts(), ['one', 'two']);
    });

    test('QoS 2 that is sent again after a new connection is not routed again', () => {
      const scene = new Scene();
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      const identity = { version, cleanStart: false, clientId: 'p', properties: { sessionExpiryInterval: 100 } };
      const before = scene.connect(identity);
      before.publish('t', 'hello', { qos: 2 }).next('pubrec');
      before.cut();
      const after = scene.connect(identity);
      after.publish('t', 'hello', { qos: 2, dup: true }).next('pubrec');
      after.ack('pubrel', 1).next('pubcomp');
      assert.deepEqual(subscriber.texts(), ['hello']);
    });

    test('PUBREL for an unknown identifier is answered all the same', () => {
      const pubcomp = new Scene().connect({ version }).ack('pubrel', 9).next('pubcomp');
      assert.equal(pubcomp.packetId, 9);
      assert.equal(pubcomp.reasonCode, version === 5 ? ReasonCode.packet_identifier_not_found : 0);
    });

    test('several messages in one chunk are answered in their order [MQTT-4.6.0-2,3]', () => {
      const publisher = new Scene().connect({ version });
      publisher.send(
        publishPacket('t', 'a', { qos: 1, packetId: 3 }),
        publishPacket('t', 'b', { qos: 2, packetId: 2 }),
        publishPacket('t', 'c', { qos: 1, packetId: 1 }),
      );
      assert.equal(publisher.next('puback').packetId, 3);
      assert.equal(publisher.next('pubrec').packetId, 2);
      assert.equal(publisher.next('puback').packetId, 1);
    });
  });

describe('5.0 says more', () => {
  test('nobody subscribes: 0x10 in PUBACK and PUBREC; a subscriber: the short form', () => {
    const scene = new Scene();
    const publisher = scene.connect5();
    publisher.publish('t', 'x', { qos: 1 });
    assert.equal(publisher.next('puback').reasonCode, ReasonCode.no_matching_subscribers);
    publisher.publish('t', 'x', { qos: 2 });
    assert.equal(publisher.next('pubrec').reasonCode, ReasonCode.no_matching_subscribers);
    publisher.ack('pubrel', 1).next('pubcomp');
    scene.connect().subscribe('t');
    publisher.publish('t', 'x', { qos: 1 });
    assert.equal(publisher.bytes().toString('hex'), '40020001');
  });

  test('a refused QoS 2 message is over with PUBREC: its identifier is free', () => {
    const scene = new Scene();
    const publisher = scene.connect5();
    const unhook = scene.broker.hook('message.publish', () => ({ deny: 'quota_exceeded' }));
    publisher.publish('t', 'x', { qos: 2 });
    assert.equal(publisher.next('pubrec').reasonCode, ReasonCode.quota_exceeded);
    unhook();
    publisher.publish('t', 'x', { qos: 2 });
    assert.equal(publisher.next('pubrec').reasonCode, ReasonCode.no_matching_subscribers);
  });

  test('before 5.0 a refused QoS 2 message goes through its steps and reaches nobody', () => {
    const scene = new Scene();
    scene.broker.hook('message.publish', () => 'deny');
    const subscriber = scene.connect();
    subscriber.subscribe('#');
    const publisher = scene.connect();
    publisher.publish('t', 'x', { qos: 2 }).next('pubrec');
    publisher.publish('t', 'x', { qos: 2, dup: true }).next('pubrec');
    publisher.ack('pubrel', 1).next('pubcomp');
    subscriber.expectNothing();
    assert.equal(scene.dropped.length, 1);
  });
});

describe('our Receive Maximum', () => {
  test('one QoS 2 message too many ends the connection of 5.0 [MQTT-3.3.4-9]', () => {
    const scene = new Scene({ receiveMaximum: 2 });
    const publisher = scene.connect5();
    for (const packetId of [1, 2]) publisher.publish('t', '', { qos: 2, packetId }).next('pubrec');
    publisher.publish('t', '', { qos: 2, packetId: 1, dup: true }).next('pubrec');
    publisher.publish('t', '', { qos: 2, packetId: 3 }).expectEnd('receive_maximum_exceeded');
  });

  test('PUBREL makes room for another', () => {
    const publisher = new Scene({ receiveMaximum: 1 }).connect5();
    for (let packetId = 1; packetId < 10; packetId++) {
      publisher.publish('t', '', { qos: 2, packetId }).next('pubrec');
      publisher.ack('pubrel', packetId).next('pubcomp');
    }
  });

  test('does not count what an earlier connection left', () => {
    const scene = new Scene({ receiveMaximum: 2 });
    const identity = { clientId: 'p', cleanStart: false };
    const before = scene.connect5(identity, 100);
    for (const packetId of [1, 2]) before.publish('t', '', { qos: 2, packetId }).next('pubrec');
    before.cut();
    const after = scene.connect5(identity, 100);
    for (const packetId of [3, 4]) after.publish('t', '', { qos: 2, packetId }).next('pubrec');
    after.publish('t', '', { qos: 2, packetId: 5 }).expectEnd('receive_maximum_exceeded');
  });

  test('does not concern the older versions, which do not know of it', () => {
    const publisher = new Scene({ receiveMaximum: 1 }).connect();
    for (let packetId = 1; packetId < 10; packetId++) publisher.publish('t', '', { qos: 2, packetId }).next('pubrec');
  });
});
