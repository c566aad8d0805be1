import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Packet, PublishPacket } from '../../src/codec/packets.ts';
import { PacketType } from '../../src/codec/packets.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

/** Random numbers below a bound, the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
}

/** A device that comes and goes, reads as it likes, acknowledges late, and keeps its side of QoS 2. */
class Device {
  readonly clientId: string;
  readonly qos: 1 | 2;
  /** The numbers of the messages that it got, as QoS 1 and 2 promise them: without those that QoS 2 repeats. */
  readonly got: number[] = [];
  client: RawClient | null = null;
  readonly #scene: Scene;
  /** QoS 2 messages that it has and whose PUBREL has not come. */
  readonly #unreleased = new Set<number>();
  #owed: (() => void)[] = [];

  constructor(scene: Scene, clientId: string, qos: 1 | 2) {
    this.#scene = scene;
    this.clientId = clientId;
    this.qos = qos;
  }

  connect(receiveMaximum: number): void {
    this.#owed = [];
    const client = this.#scene.open();
    const properties = { sessionExpiryInterval: 1000, receiveMaximum };
    client.connect({ version: 5, clientId: this.clientId, cleanStart: false, properties });
    client.sendSubscribe('t/#', { qos: this.qos });
    this.client = client;
  }

  leave(): void {
    this.client?.cut();
    this.client = null;
  }

  /** Reads what has come; acknowledges nothing yet. */
  read(): void {
    for (const packet of this.client?.packets() ?? []) this.#take(packet);
  }

  /** Sends the acknowledgements that it owes. */
  acknowledge(): void {
    for (const send of this.#owed.splice(0)) send();
  }

  #take(packet: Packet): void {
    const { client } = this;
    if (client === null) return;
    if (packet.type === PacketType.publish) this.#takeMessage(client, packet);
    else if (packet.type === PacketType.pubrel) {
      this.#unreleased.delete(packet.packetId);
      this.#owed.push(() => client.ack('pubcomp', packet.packetId));
    }
  }

  #takeMessage(client: RawClient, { packetId, qos, payload }: PublishPacket): void {
    if (qos === 1 || !this.#unreleased.has(packetId)) this.got.push(Number(payload.toString()));
    if (qos === 2) this.#unreleased.add(packetId);
    this.#owed.push(() => client.ack(qos === 1 ? 'puback' : 'pubrec', packetId));
  }
}

/** One random thing happens to a device or to all. */
function step(random: (below: number) => number, device: Device, publish: () => void): void {
  const { client } = device;
  switch (random(9)) {
    case 0:
      return random(2) === 0 ? device.leave() : device.connect(1 + random(5));
    case 1:
      return client?.wire.stall(random(500));
    case 2:
      return client?.wire.drain(random(2) === 0 ? Infinity : random(500));
    case 3:
    case 4:
      return device.read();
    case 5:
    case 6:
      return device.acknowledge();
    default:
      return publish();
  }
}

/** Lets every device come back and read and acknowledge until nothing moves any more. */
function finish(devices: readonly Device[]): void {
  for (const device of devices) {
    device.leave();
    device.connect(100);
    for (let before = -1; before !== device.got.length;) {
      before = device.got.length;
      for (let i = 0; i < 4; i++) {
        device.read();
        device.acknowledge();
      }
    }
  }
}

const distinct = (got: readonly number[]): number[] => [...new Set(got)];

for (let seed = 1; seed <= 20; seed++)
  test(`2,000 random steps of eight devices, seed ${seed}: every message, in order, at QoS 2 once, and nothing is left`, () => {
    const random = numbers(seed);
    const scene = new Scene({ maxInflight: 4, maxOutgoingBuffer: 300, maxSessionExpiry: 1000 });
    const devices = Array.from({ length: 8 }, (_, index) => new Device(scene, `d${index}`, index % 2 === 0 ? 1 : 2));
    for (const device of devices) device.connect(3);
    let sent = 0;
    const publish = (): void => scene.publish(`t/${random(3)}`, `${++sent}`.padEnd(random(60)), { qos: 2 });
    for (let i = 0; i < 2000; i++) step(random, devices[random(8)] ?? assert.fail(), publish);
    finish(devices);
    const all = Array.from({ length: sent }, (_, index) => index + 1);
    for (const { clientId, qos, got } of devices)
      assert.deepEqual(qos === 2 ? got : distinct(got), all, `${clientId}, QoS ${qos}`);
    assert.deepEqual(scene.dropped, []);
    assert.deepEqual(scene.errors, []);
    for (const device of devices) device.leave();
    scene.clock.advance(1_000_000);
    const { connections, sessions, subscriptions } = scene.broker.stats();
    assert.deepEqual([connections, sessions, subscriptions, scene.clock.timers], [0, 0, 0, 0]);
  });
