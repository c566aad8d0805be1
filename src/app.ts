import { Broker } from './broker/broker.ts';
import type { BrokerOptions } from './broker/options.ts';
import type { Log } from './base/log.ts';
import { ConfigError } from './config/config-error.ts';
import { coreSections } from './config/core.ts';
import { loadConfig } from './config/load.ts';
import { tcp } from './transports/tcp.ts';
import { webhookSection } from './webhook/config.ts';
import { attachWebhook, type Webhook } from './webhook/webhook.ts';

const sections = [...coreSections, webhookSection] as const;

/** The whole configuration, as read from a file: keys are spelled as there. */
export type Config = ReturnType<typeof readConfig>;

/** Reads a configuration file, the defaults without one. Throws ConfigError with a line for each problem. */
export function readConfig(file: string | undefined) {
  return loadConfig(file === undefined ? { sections } : { file, sections });
}

/** A running system. */
export interface App {
  readonly broker: Broker;
  /** What is open: the listener's name and its real address. */
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** Undefined where the configuration has none. */
  readonly webhook: Webhook | undefined;
  /** Stops listening, says goodbye to the clients and gives the webhook `drainMs` to send what is queued. */
  close(drainMs?: number): Promise<void>;
}

/** A listener could not be opened; the message is one line for the operator. */
export class ListenError extends Error {
  /** The configuration key of the listener. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** The system's word for it, for example EADDRINUSE. */
  readonly code: string;

  constructor(key: string, host: string, port: number, code: string) {
    super(`${key}: cannot listen on ${host}:${port}: ${CAUSES[code] ?? code}`);
    this.name = 'ListenError';
    this.key = key;
    this.host = host;
    this.port = port;
    this.code = code;
  }
}

const CAUSES: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'not permitted (ports below 1024 need privileges)',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'no such host name',
};

/** Makes a running system of a configuration: opens all listeners or none. Throws ListenError, ConfigError. */
export async function compose(config: Config, log: Log): Promise<App> {
  if (!Object.values(config.listeners.tcp).some(({ enable }) => enable)) {
    const message = 'none is enabled, so nobody could connect; give one such as listeners.tcp.bind = "0.0.0.0:1883"';
    throw new ConfigError([{ file: '', line: 0, column: 0, key: 'listeners', message }]);
  }
  const broker = new Broker(brokerOptions(config.mqtt, log));
  const webhook = config.webhook?.enable === true ? attachWebhook(broker, config.webhook, { log }) : undefined;
  const close = async (drainMs = 0): Promise<void> => {
    try {
      await broker.close();
    } finally {
      await webhook?.close(drainMs);
    }
  };
  try {
    return { broker, listeners: await openListeners(broker, config.listeners), webhook, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openListeners(broker: Broker, config: Config['listeners']): Promise<App['listeners']> {
  const open: { name: string; host: string; port: number }[] = [];
  for (const [entry, { bind, enable }] of Object.entries(config.tcp)) {
    if (!enable) continue;
    const name = entry === 'default' ? 'tcp' : entry;
    const key = entry === 'default' ? 'listeners.tcp.bind' : `listeners.tcp.${entry}.bind`;
    try {
      open.push({ name, ...(await broker.listen(tcp({ ...bind, name }))) }); // oxlint-disable-line no-await-in-loop -- in order
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new ListenError(key, bind.host, bind.port, code);
    }
  }
  return open;
}

function brokerOptions(mqtt: Config['mqtt'], log: Log): Partial<BrokerOptions> {
  return {
    maxPacketSize: mqtt.max_packet_size,
    maxInflight: mqtt.max_inflight_window,
    maxQueuedMessages: mqtt.max_mqueue_len,
    maxQueuedBytes: mqtt.max_mqueue_bytes,
    topicAliasMaximum: mqtt.max_topic_alias,
    receiveMaximum: mqtt.receive_maximum,
    keepAliveMultiplier: mqtt.keepalive_multiplier,
    maxSessionExpiry: mqtt.max_session_expiry / 1000,
    connectTimeout: mqtt.connect_timeout,
    maxOutgoingBuffer: mqtt.max_outgoing_buffer,
    maxRetained: mqtt.max_retained,
    maxRetainedBytes: mqtt.max_retained_bytes,
    maxSubscriptions: mqtt.max_subscriptions,
    maxSessions: mqtt.max_sessions,
    maxConnections: mqtt.max_connections,
    log,
  };
}
