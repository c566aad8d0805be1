import type { TestContext } from 'node:test';

import {
  connect,
  type IClientOptions,
  type IConnackPacket,
  type IDisconnectPacket,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt';

import { until, within } from './until.ts';

/** A message as MQTT.js hands it over. */
export interface Arrived {
  readonly topic: string;
  readonly payload: Buffer;
  readonly packet: IPublishPacket;
}

/** The messages that have come to a client. */
export class Inbox {
  readonly all: Arrived[] = [];

  constructor(client: MqttClient) {
    client.on('message', (topic, payload, packet) => this.all.push({ topic, payload, packet }));
  }

  get texts(): string[] {
    return this.all.map(({ payload }) => payload.toString());
  }

  /** Waits until `count` messages have come, and returns all. */
  async receive(count: number): Promise<readonly Arrived[]> {
    const enough = (): boolean => this.all.length >= count;
    await until(enough, `${count} messages`).catch((error: unknown) => {
      throw new Error(`only ${this.all.length} of ${count} messages came`, { cause: error });
    });
    return this.all;
  }
}

/** A client of MQTT.js that is connected. */
export interface Connected {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  /** Has everything from the first message on: those of a session follow CONNACK at once. */
  readonly inbox: Inbox;
}

/** Connects a client of MQTT.js until the end of the test; it does not connect again by itself. */
export async function mqttClient(t: TestContext, port: number, options: IClientOptions = {}): Promise<Connected> {
  const client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options });
  t.after(() => client.endAsync(true));
  const inbox = new Inbox(client);
  const accepted = new Promise<IConnackPacket>((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  const connack = await within(accepted, 'the connection to be accepted');
  return { client, connack, inbox };
}

/** The DISCONNECT that the broker sends to a client next. */
export function farewell(client: MqttClient): Promise<IDisconnectPacket> {
  const told = new Promise<IDisconnectPacket>((resolve) => client.once('disconnect', resolve));
  return within(told, 'DISCONNECT');
}

/** Ends a client's connection without DISCONNECT. */
export async function breakOff(client: MqttClient): Promise<void> {
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.stream.destroy();
  await within(closed, 'the end of the connection');
}
