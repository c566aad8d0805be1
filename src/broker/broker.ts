import type { PublishProperties } from '../codec/properties.ts';
import { encodePublish, LARGEST_PACKET } from '../codec/publish-frame.ts';
import { isInternal, validateTopic } from '../topics/filter.ts';
import { Core } from './core.ts';
import { endAtOnce, Entrance } from './entrance.ts';
import type { BrokerEvents, EventName } from './events.ts';
import type { BrokerHooks, HookName } from './hooks.ts';
import { Message, type MessageProperties, type QoS } from './message.ts';
import { type BrokerOptions, defaultOptions, type ListenerPolicy, type WirePolicy } from './options.ts';
import type { Listener, ListenerAddress, Wire, WireHandler } from './ports.ts';
import { submit } from './publishing.ts';
import type { BrokerStats } from './stats.ts';
import { topicExcess } from './topic-limits.ts';
import { expiryOf } from './will.ts';

/** A message that the embedder publishes. */
export interface PublishRequest {
  readonly topic: string;
  readonly payload: string | Buffer;
  /** 0 where it is left out. */
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: MessageProperties;
}

/**
 * An MQTT broker. It speaks MQTT with whatever wires its listeners hand it and knows nothing else; features hang on
 * its events and hooks. Any number of brokers may live in one process.
 */
export class Broker {
  readonly #core: Core;
  readonly #entrance: Entrance;
  readonly #listeners: { readonly listener: Listener; readonly opening: Promise<ListenerAddress> }[] = [];
  #closed = false;

  /** `options`: see `BrokerOptions`; what is left out has its default. */
  constructor(options: Partial<BrokerOptions> = {}) {
    this.#core = new Core({ ...defaultOptions, ...options });
    this.#entrance = new Entrance(this.#core);
  }

  /** Calls `listener` when the event happens; returns what ends that. */
  on<K extends EventName>(name: K, listener: (...args: BrokerEvents[K]) => void): () => void {
    return this.#core.hooks.on(name, listener);
  }

  /** Asks `hook` when the question comes up, after the hooks that are there; returns what ends that. */
  hook<K extends HookName>(name: K, hook: BrokerHooks[K]): () => void {
    return this.#core.hooks.hook(name, hook);
  }

  /** Opens a listener; rejects when it cannot be opened. `policy`: what it has otherwise than the broker. */
  async listen<Address extends ListenerAddress>(
    listener: Listener<Address>,
    policy: Partial<ListenerPolicy> = {},
  ): Promise<Address> {
    if (this.#closed) throw new Error('the broker is closed');
    const entrance = new Entrance(this.#core, policy);
    const opening = listener.open((wire) => this.#accept(wire, entrance));
    this.#listeners.push({ listener, opening });
    return opening;
  }

  /**
   * Serves one wire, for transports that are no listeners. `policy`: what it has otherwise than the broker. A client
   * beyond a limit of connections is told so when it sends CONNECT.
   */
  attach(wire: Wire, policy?: WirePolicy): WireHandler {
    return this.#accept(wire, policy === undefined ? this.#entrance : new Entrance(this.#core, policy));
  }

  #accept(wire: Wire, entrance: Entrance): WireHandler {
    return this.#closed ? endAtOnce(wire) : entrance.accept(wire);
  }

  /**
   * Publishes a message on the road of every message, hooks included. Resolves with the number 0 when somebody
   * receives it, else with the reason code that a client would have been told (0x10: nobody subscribes).
   * Throws TypeError for a topic that is none or (outside of $SYS) beyond the limits of topics, for a payload that is neither text nor
   * Buffer, and for what does not fit into a packet.
   */
  async publish(request: PublishRequest): Promise<number> {
    const { options } = this.#core;
    const problem = validateTopic(request.topic) ?? excess(request.topic, options);
    if (problem !== null) throw new TypeError(problem);
    const properties = request.properties === undefined ? null : publishable(request.properties, options);
    const payload = typeof request.payload === 'string' ? Buffer.from(request.payload) : request.payload;
    if (!Buffer.isBuffer(payload)) throw new TypeError('the payload is neither a string nor a Buffer');
    const message = new Message({
      topic: request.topic,
      payload,
      qos: request.qos ?? 0,
      retain: request.retain ?? false,
      properties,
      publisher: null,
      timestamp: options.clock.date(),
      expiresAt: expiryOf(this.#core, properties),
    });
    if (isTooLarge(message)) throw new TypeError('the message is larger than a packet of MQTT can be');
    const outcome = await submit(this.#core, message);
    return typeof outcome === 'number' ? outcome : outcome.code;
  }

  /**
   * Whether anybody would notice a message to `topic` that is not retained: a subscriber, a hook or a listener of
   * messages. For messages that are not worth making when nobody does.
   */
  hasAudience(topic: string): boolean {
    const { hooks, router } = this.#core;
    if (hooks.questions['message.publish'] !== null || hooks.events['message.published'] !== null) return true;
    return router.hasReceivers(topic);
  }

  /** Counters since the start, and gauges as of now. */
  stats(): BrokerStats {
    const { router, sessions } = this.#core;
    const { otherPacketsSent, ...counters } = this.#core.counters;
    return {
      ...counters,
      packetsSent: counters.messagesSent + otherPacketsSent,
      dropped: { ...counters.dropped },
      limited: { ...counters.limited },
      connections: sessions.connections.size,
      clients: sessions.clients,
      sessions: sessions.size,
      subscriptions: router.subscriptions,
      sharedSubscriptions: router.sharedSubscriptions,
      retained: router.retained.size,
      retainedBytes: router.retained.bytes,
      queued: sessions.queued,
    };
  }

  /** Stops listening and ends every connection; 5.0 clients are told that the server shuts down. */
  async close(): Promise<void> {
    this.#closed = true;
    const closing = this.#listeners.map(closeListener);
    for (const connection of this.#core.refused) connection.end('server_shutting_down');
    this.#core.sessions.close();
    this.#core.deadlines.clear();
    await Promise.all(closing);
  }
}

/** A listener that is still opening is closed when it is open; one that could not be opened needs nothing. */
async function closeListener({ listener, opening }: { listener: Listener; opening: Promise<unknown> }): Promise<void> {
  const opened = await opening.then(
    () => true,
    () => false,
  );
  if (opened) await listener.close();
}

/** Whether no packet can carry it. */
function isTooLarge(message: Message): boolean {
  if (message.size < PERHAPS_TOO_LARGE) return false;
  const { payload } = message;
  return encodePublish(message, payload, 5, message.qos, true).frame.length + payload.length > LARGEST_PACKET;
}

/** The size of a message, in which a character counts one and not its up to three bytes. */
const PERHAPS_TOO_LARGE = LARGEST_PACKET / 4;

/** The limits are for clients' topics: those of the broker itself are as long as they are. */
function excess(topic: string, options: BrokerOptions): string | null {
  return isInternal(topic) ? null : topicExcess(topic, options);
}

/** Checks what no decoder has checked: a text or piece of data has two bytes for its length. */
function publishable(properties: MessageProperties, options: BrokerOptions): MessageProperties {
  const { responseTopic } = properties;
  const problem =
    responseTopic === undefined ? null : (validateTopic(responseTopic) ?? topicExcess(responseTopic, options));
  if (problem !== null) throw new TypeError(`the response topic: ${problem}`);
  for (const value of Object.values(properties).flat(2))
    if ((typeof value === 'string' || Buffer.isBuffer(value)) && Buffer.byteLength(value) > 65_535)
      throw new TypeError('a property is longer than 65,535 bytes');
  const { topicAlias: _alias, subscriptionIdentifiers: _ids, ...own }: PublishProperties = properties;
  return own;
}
