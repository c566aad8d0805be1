import type { Client } from '../../src/broker/client.ts';
import type { BrokerEvents, EventListener, EventName } from '../../src/broker/events.ts';
import { Message, type QoS } from '../../src/broker/message.ts';
import type { Log } from '../../src/base/log.ts';
import { webhookConfig, type WebhookConfig } from '../../src/webhook/config.ts';
import type { Rule } from '../../src/webhook/rules.ts';
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
    clientIdAssigned: false,
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

/** What a test says of an endpoint, in the values of a loaded config; bounds may be smaller than a file could have them. */
export interface SceneFields extends Partial<
  Omit<WebhookConfig, 'url' | 'events' | 'body' | 'tls' | 'batch' | 'retry' | 'spool' | 'dead_letters'>
> {
  readonly url: string;
  readonly events?: readonly Rule[];
  readonly body?: Partial<WebhookConfig['body']>;
  readonly tls?: Partial<WebhookConfig['tls']>;
  readonly batch?: Partial<WebhookConfig['batch']>;
  readonly retry?: Partial<WebhookConfig['retry']>;
  readonly spool?: Partial<WebhookConfig['spool']>;
  readonly dead_letters?: Partial<WebhookConfig['dead_letters']>;
}

/** The events that a scene sends when its test does not say which. */
const SENT: readonly Rule[] = ['on_client_connack', 'on_client_disconnected', 'on_message_publish'].map((event) => ({
  event,
}));

/** A config with its defaults. */
export function config(fields: SceneFields): WebhookConfig {
  const base = webhookConfig({ url: fields.url });
  return {
    ...base,
    ...fields,
    body: { ...base.body, ...fields.body },
    tls: { ...base.tls, ...fields.tls },
    batch: { ...base.batch, ...fields.batch },
    retry: { ...base.retry, ...fields.retry },
    spool: { ...base.spool, ...fields.spool },
    dead_letters: { ...base.dead_letters, ...fields.dead_letters },
    events: (fields.events ?? SENT).map(({ event, topic, clientid, username }) => {
      return { event, topic, clientid, username };
    }),
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

export function scene(fields: SceneFields, program?: URL): Scene {
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
