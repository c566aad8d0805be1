import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../src/codec/encode.ts';
import { type ProtocolVersion, PacketType, type PublishPacket, type QoS } from '../../src/codec/packets.ts';
import type { PublishProperties } from '../../src/codec/properties.ts';
import { publishPacket, type RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

// A message is encoded once for all receivers that need the same, copied into their buffers or referred to: here every
// kind of receiver gets every kind of message, and each of its bytes is compared with the packet encoded for it alone.

interface Kind {
  readonly version: ProtocolVersion;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly subscriptionId: number | undefined;
}

const QOS = [0, 1, 2] as const;

const KINDS: readonly Kind[] = VERSIONS.flatMap((version) =>
  QOS.flatMap((qos) =>
    (version === 5 ? [false, true] : [false]).flatMap((retainAsPublished) =>
      (version === 5 ? [undefined, 1000] : [undefined]).map((subscriptionId) => ({
        version,
        qos,
        retainAsPublished,
        subscriptionId,
      })),
    ),
  ),
);

interface Sent {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties | null;
}

const PROPERTIES: readonly (PublishProperties | null)[] = [
  null,
  { userProperties: [['name', 'value']], contentType: 'text/plain' },
  { messageExpiryInterval: 100, correlationData: Buffer.from([1, 2, 3]) },
];
/** Around the sizes at which the length takes one byte more, the payload goes by reference, the buffer is full. */
const SIZES = [0, 1, 120, 130, 8191, 8192, 20_000, 70_000];

const MESSAGES: readonly Sent[] = SIZES.flatMap((size, index) =>
  QOS.flatMap((qos) =>
    PROPERTIES.map((properties, other) => ({
      topic: `t/${'x'.repeat(index % 2 === 0 ? 1 : 200)}`,
      payload: Buffer.alloc(size, `${size} ${qos} ${other} `),
      qos,
      retain: (index + qos + other) % 2 === 0 && size > 0,
      properties,
    })),
  ),
);

/** What a receiver of this kind must get, from the first packet identifier on. */
function expected(kind: Kind, messages: readonly Sent[]): Buffer {
  let packetId = 0;
  const packets = messages.map((message): PublishPacket => {
    const qos = message.qos < kind.qos ? message.qos : kind.qos;
    const ids = kind.subscriptionId === undefined ? {} : { subscriptionIdentifiers: [kind.subscriptionId] };
    return {
      type: PacketType.publish,
      dup: false,
      qos,
      retain: kind.retainAsPublished && message.retain,
      topic: message.topic,
      packetId: qos === 0 ? 0 : ++packetId,
      properties:
        message.properties === null && kind.subscriptionId === undefined ? null : { ...message.properties, ...ids },
      payload: message.payload,
      frame: null,
    };
  });
  return Buffer.concat(packets.map((packet) => encode(packet, kind.version)));
}

/** One receiver of each kind, in an order that depends on `turn`: which is first decides what is encoded when. */
function receivers(scene: Scene, turn: number): { kind: Kind; client: RawClient }[] {
  const kinds = [...KINDS.slice(turn), ...KINDS.slice(0, turn)];
  return (turn % 2 === 0 ? kinds : kinds.toReversed()).map((kind) => {
    const { version, ...options } = kind;
    const client = scene.connect({ version });
    client.subscribe('t/+', options);
    return { kind, client };
  });
}

function publishAll(scene: Scene, messages: readonly Sent[]): void {
  for (const { topic, payload, properties, ...fields } of messages)
    scene.publish(topic, payload, properties === null ? fields : { ...fields, properties });
}

function compare(all: readonly { kind: Kind; client: RawClient }[], messages: readonly Sent[]): void {
  for (const { kind, client } of all) {
    const bytes = client.bytes();
    assert.ok(bytes.equals(expected(kind, messages)), JSON.stringify(kind));
  }
}

describe('every kind of message to every kind of receiver, byte for byte', () => {
  for (const version of VERSIONS) {
    const messages = version === 5 ? MESSAGES : MESSAGES.filter(({ properties }) => properties === null);

    for (const turn of [0, 1, 7, 12])
      test(`published by a client of version ${version}, each alone, order ${turn}`, () => {
        for (const [index, message] of messages.entries()) {
          if (index % 4 !== turn % 4) continue;
          const scene = new Scene({ maxOutgoingBuffer: 1e9 });
          const all = receivers(scene, turn);
          const { topic, payload, ...fields } = message;
          scene.connect({ version }).publish(topic, payload, fields);
          compare(all, [message]);
        }
      });

    test(`published by a client of version ${version}, all in one chunk`, () => {
      const scene = new Scene({ maxOutgoingBuffer: 1e9 });
      const all = receivers(scene, 3);
      const packets = messages.map(({ topic, payload, ...fields }, index) =>
        publishPacket(topic, payload, { ...fields, packetId: index + 1 }),
      );
      scene.connect({ version }).send(...packets);
      compare(all, messages);
    });
  }

  test('published by the embedder, all in one turn', () => {
    const scene = new Scene({ maxOutgoingBuffer: 1e9 });
    const all = receivers(scene, 5);
    publishAll(scene, MESSAGES);
    compare(all, MESSAGES);
  });

  test('to receivers that read a little at a time', () => {
    const scene = new Scene({ maxOutgoingBuffer: 1e9 });
    const all = receivers(scene, 2);
    for (const { client } of all) client.wire.stall(1000);
    publishAll(scene, MESSAGES);
    for (const { client } of all) assert.ok(!client.ended && client.wire.backlog > 0);
    for (const { client } of all) for (let i = 0; i < 3; i++) client.wire.drain(99_999);
    for (const { client } of all) client.wire.drain();
    compare(all, MESSAGES);
  });

  test('with a topic that is larger than any buffer', () => {
    const scene = new Scene({ maxOutgoingBuffer: 1e9 });
    const all = receivers(scene, 4);
    const topic = `t/${'x'.repeat(65_533)}`;
    const messages = QOS.map((qos) => ({ topic, payload: Buffer.from('x'), qos, retain: true, properties: null }));
    publishAll(scene, messages);
    compare(all, messages);
  });
});

test('a message that waited is encoded for its receiver alone, whoever got it before', () => {
  const scene = new Scene();
  const identity = { clientId: 'c', cleanStart: false } as const;
  scene.connect(identity).subscribe('t/+', { qos: 1 });
  const live = scene.connect5();
  live.subscribe('t/+', { subscriptionId: 4, qos: 2 });
  scene.connect(identity).cut();
  const message = {
    topic: 't/a',
    payload: Buffer.from('x'),
    qos: 2,
    retain: false,
    properties: PROPERTIES[1] ?? null,
  } as const;
  scene.connect5().publish(message.topic, message.payload, message);
  live.next('publish');
  const kind = { version: 4, qos: 1, retainAsPublished: false, subscriptionId: undefined } as const;
  const late = scene.open().sendConnect(identity);
  const connack = Buffer.from('20020100', 'hex');
  assert.deepEqual(late.bytes(), Buffer.concat([connack, expected(kind, [message])]));
});
