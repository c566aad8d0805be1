import type { PublishProperties } from '../codec/properties.ts';
import { validateTopic } from '../topics/filter.ts';
import { Connection } from './connection.ts';
import { Core } from './core.ts';
import type { BrokerEvents, EventName } from './events.ts';
import type { BrokerHooks, HookName } from './hooks.ts';
import { Message, type QoS } from './message.ts';
import { type BrokerOptions, defaultOptions } from './options.ts';
import type { Listener, ListenerAddress, Wire, WireHandler } from './ports.ts';
import { submit } from './publishing.ts';
import type { BrokerStats } from './stats.ts';
import { expiryOf } from './will.ts';

/** A message that the embedder publishes. */
export interface PublishRequest {
  readonly topic: string;
  readonly payload: string | Buffer;
  /** 0 where it is left out. */
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: PublishProperties;
}

/**
 * An MQTT broker. It speaks MQTT with whatever wires its listeners hand it and knows nothing else; features hang on
 * its events and hooks. Any number of brokers may live in one process.
 */
export class Broker {
  readonly #core: Core;
  readonly #listeners: Listener[] = [];

  /** `options`: see `BrokerOptions`; what is left out has its default. */
  constructor(options: Partial<BrokerOptions> = {}) {
    this.#core = new Core({ ...defaultOptions, ...options });
  }

  /** Calls `listener` when the event happens; returns what ends that. */
  on<K extends EventName>(name: K, listener: (...args: BrokerEvents[K]) => void): () => void {
    return this.#core.hooks.on(name, listener);
  }

  /** Asks `hook` when the question comes up, after the hooks that are there; returns what ends that. */
  hook<K extends HookName>(name: K, hook: BrokerHooks[K]): () => void {
    return this.#core.hooks.hook(name, hook);
  }

  /** Opens a listener; rejects when it cannot be opened. */
  async listen(listener: Listener): Promise<ListenerAddress> {
    const address = await listener.open((wire) => this.attach(wire));
    this.#listeners.push(listener);
    return address;
  }

  /** Serves one wire, for transports that are no listeners. Wires beyond `maxConnections` are ended at once. */
  attach(wire: Wire): WireHandler {
    const { counters, options, sessions } = this.#core;
    const connection = new Connection(this.#core, wire);
    if (sessions.connections.size >= options.maxConnections) {
      counters.connectionsRefused++;
      connection.end('server_busy');
      return connection;
    }
    counters.connectionsAccepted++;
    sessions.connectionBegan(connection);
    return connection;
  }

  /**
   * Publishes a message on the road of every message, hooks included. Resolves with the number 0 when somebody
   * receives it, else with the reason code that a client would have been told (0x10: nobody subscribes).
   * Throws TypeError for a topic that is none.
   */
  async publish(request: PublishRequest): Promise<number> {
    const problem = validateTopic(request.topic);
    if (problem !== null) throw new TypeError(problem);
    const properties = request.properties ?? null;
    const message = new Message({
      topic: request.topic,
      payload: typeof request.payload === 'string' ? Buffer.from(request.payload) : request.payload,
      qos: request.qos ?? 0,
      retain: request.retain ?? false,
      properties,
      publisher: null,
      timestamp: this.#core.options.clock.date(),
      expiresAt: expiryOf(this.#core, properties),
    });
    return submit(this.#core, message);
  }

  /** Counters since the start, and gauges as of now. */
  stats(): BrokerStats {
    const { counters, router, sessions } = this.#core;
    return {
      ...counters,
      dropped: { ...counters.dropped },
      connections: sessions.connections.size,
      sessions: sessions.size,
      subscriptions: router.subscriptions,
      retained: router.retained.size,
    };
  }

  /** Stops listening and ends every connection; 5.0 clients are told that the server shuts down. */
  async close(): Promise<void> {
    const closing = this.#listeners.map((listener) => listener.close());
    this.#core.sessions.close();
    this.#core.deadlines.clear();
    await Promise.all(closing);
  }
}
