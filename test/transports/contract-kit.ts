import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import type { Listener, ListenerAddress, Wire } from '../../src/index.ts';
import { until, within } from '../kit/until.ts';
import type { Accepted, OpenListener } from './open-listener.ts';

/** A kind of listener, and how to be its client. */
export interface Kind {
  readonly title: string;
  /** A listener with the name that the kind has where none is given. */
  listener(): Listener;
  /** The name of those. */
  readonly name: string;
  /** A client whose handshakes are done. What it reads and writes are MQTT's bytes. */
  connect(address: ListenerAddress): Promise<Duplex>;
  /** Cuts the client's connection without a word. */
  reset(client: Duplex): void;
}

const GREETING = 'hello';

type Connected = Accepted & { readonly client: Duplex };

/** A client and the broker's end of its connection; it does not outlive the listener. */
export async function begun(kind: Kind, listener: OpenListener): Promise<Connected> {
  const at = listener.accepted.length;
  const client = await within(kind.connect(listener.address), 'a connection');
  client.on('error', () => {});
  listener.clients.push(client);
  await until(() => listener.accepted.length > at, 'the wire');
  return Object.assign(listener.accepted[at] as Accepted, { client });
}

/** Of what was accepted, those whose first word has come: from then on what comes counts, and is answered. */
const greeted = new WeakSet<Wire>();

/** `begun`, and the broker's end of the handshakes is done as well: the first word of the client has come. */
export async function connected(kind: Kind, listener: OpenListener): Promise<Connected> {
  const accepted = await begun(kind, listener);
  accepted.client.write(GREETING);
  await until(() => accepted.received.toString() === GREETING, 'the greeting');
  accepted.received = Buffer.alloc(0);
  greeted.add(accepted.wire);
  return accepted;
}

/** What a broker does that writes back everything but the greeting. */
export function echoing(bytes: Buffer, { wire }: Accepted): void {
  if (!greeted.has(wire)) return;
  const own = Buffer.from(bytes);
  // Memory that the wire gives back is not read any more.
  if (wire.write(own)) own.fill(0xee);
}

/**
 * Whatever was on its way has come by now: another client connects, and what it says has arrived. The bytes of loopback
 * connections arrive as they are sent.
 */
export async function fence(kind: Kind, listener: OpenListener): Promise<void> {
  const accepted = await connected(kind, listener);
  accepted.client.write('fence');
  await until(() => accepted.received.toString() === 'fence', 'the fence');
  accepted.client.destroy();
}

/** Sends a text and waits for its echo. */
export async function roundTrip(client: Duplex, text: string): Promise<void> {
  const received = collect(client);
  client.write(text);
  await until(() => received.bytes().toString() === text, 'the echo');
  received.stop();
}

interface Collected {
  readonly length: number;
  bytes(): Buffer;
  stop(): void;
}

export function collect(client: Duplex): Collected {
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
  };
  client.on('data', onData);
  client.resume();
  return {
    get length() {
      return length;
    },
    bytes: () => Buffer.concat(chunks),
    stop: () => client.off('data', onData),
  };
}

export function ending(client: Duplex): Promise<unknown> {
  client.on('error', () => {});
  client.resume();
  return client.closed ? Promise.resolve() : once(client, 'close');
}

/** Bytes of which no two stretches are alike. */
export function pattern(length: number): Buffer {
  const words = new Uint32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1);
  return Buffer.from(words.buffer);
}
