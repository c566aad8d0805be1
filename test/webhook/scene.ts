import type { Client } from '../../src/broker/client.ts';
import type { BrokerEvents, EventListener, EventName } from '../../src/broker/events.ts';
import { Message, type QoS } from '../../src/broker/message.ts';
import type { Log } from '../../src/base/log.ts';
import type { WebhookConfig } from '../../src/webhook/config.ts';
import { attachWebhook, type EventSource, type Webhook } from '../../src/webhook/webhook.ts';

/** Tells events like a broker, when a test says so. */
export class FakeBroker implements EventSource {
  readonly #listeners: { [K in EventName]?: EventListener<K> } = {};

  on<K extends EventName>(name: K, listener: EventListener<K>): () => void {
    const listeners: { [N in EventName]?: EventListener<N> | undefined } = this.#listeners;
    listeners[name] = listener as (typeof listeners)[K];
    return () => {
      listeners[name] = undefined;
    };
  }

  /** The names that somebody listens to. */
  get heard(): string[] {
    return Object.entries(this.#listeners).flatMap(([name, listener]) => (listener === undefined ? [] : [name]));
  }

  tell<K extends EventName>(name: K, ...args: BrokerEvents[K]): void {
    this.#listeners[name]?.(...args);
  }

  publish(fields: Partial<MessageInput> = {}): void {
    this.tell('message.published', message(fields));
  }
}

interface MessageInput {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly publisher: Client | null;
  readonly timestamp: number;
}

export function client(clientId = 'nanomq-6ecb0b61', fields: Partial<Client> = {}): Client {
  return {
    clientId,
    username: undefined,
    protocolVersion: 4,
    keepAlive: 60,
    cleanStart: true,
    remoteAddress: '127.0.0.1',
    remotePort: 50_000,
    listener: 'default',
    certificate: null,
    ...fields,
  };
}

export function message(fields: Partial<MessageInput> = {}): Message {
  const { payload = 'hello' } = fields;
  return new Message({
    topic: 'webhook/msg/123',
    qos: 0,
    retain: false,
    publisher: client(),
    timestamp: 1_650_609_267_000,
    properties: null,
    expiresAt: Infinity,
    ...fields,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
  });
}

/** A config with its defaults, for all events. */
export function config(fields: Partial<WebhookConfig> & { readonly url: string }): WebhookConfig {
  return {
    enable: true,
    headers: {},
    body: { encoding: 'plain' },
    pool_size: 32,
    cancel_timeout: 5000,
    events: [
      { event: 'on_client_connack', topic: undefined },
      { event: 'on_client_disconnected', topic: undefined },
      { event: 'on_message_publish', topic: undefined },
    ],
    spool: { max_bytes: 64 * 1024 * 1024 },
    ...fields,
  };
}

/** A log that keeps its lines, the level in front. */
export class Lines implements Log {
  readonly all: string[] = [];

  debug(line: string): void {
    this.all.push(`debug ${line}`);
  }
  info(line: string): void {
    this.all.push(`info ${line}`);
  }
  warn(line: string): void {
    this.all.push(`warn ${line}`);
  }
  error(line: string): void {
    this.all.push(`error ${line}`);
  }
}

/** A fake broker with a webhook on it. */
export interface Scene extends AsyncDisposable {
  readonly broker: FakeBroker;
  readonly webhook: Webhook;
  readonly log: Lines;
}

export function scene(fields: Partial<WebhookConfig> & { readonly url: string }, program?: URL): Scene {
  const broker = new FakeBroker();
  const log = new Lines();
  const webhook = attachWebhook(broker, config(fields), program === undefined ? { log } : { log, program });
  return {
    broker,
    webhook,
    log,
    async [Symbol.asyncDispose]() {
      await webhook.close(0);
    },
  };
}

/** Resolves when `condition` holds; looks every two milliseconds, gives up after `timeout`. */
export function until(condition: () => boolean, what: string, timeout = 10_000): Promise<void> {
  const end = performance.now() + timeout;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (condition()) resolve();
      else if (performance.now() > end) reject(new Error(`not within ${timeout} ms: ${what}`));
      else setTimeout(look, 2);
    };
    look();
  });
}

/** Calls `act` with 0, 1, ... `count` - 1, `perTurn` times in each turn of the event loop. */
export function inTurns(count: number, perTurn: number, act: (i: number) => void): Promise<void> {
  let i = 0;
  return until(() => {
    for (const end = Math.min(i + perTurn, count); i < end; i++) act(i);
    return i === count;
  }, `${count} in turns of ${perTurn}`);
}
