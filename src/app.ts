import { Broker } from './broker/broker.ts';
import type { BrokerOptions } from './broker/options.ts';
import type { Log } from './base/log.ts';
import { ConfigError } from './config/config-error.ts';
import { type CoreConfig, coreSections } from './config/core.ts';
import { openedTls } from './config/listeners.ts';
import { loadConfig } from './config/load.ts';
import { openListeners, type OpenListener } from './listeners/open.ts';
import { sysSection } from './sys/config.ts';
import { attachSys } from './sys/sys.ts';
import { keptEndpointsSection, webhookSection } from './webhook/config.ts';
import { figureTopics } from './webhook/figures-table.ts';
import { attachWebhooks, type Webhooks } from './webhook/webhook.ts';

const sections = [...coreSections, webhookSection, sysSection] as const;

export { ListenError } from './listeners/listen-error.ts';
export { WebhookError } from './webhook/webhook.ts';

/** The whole configuration, as read from a file: keys are spelled as there. */
export type Config = ReturnType<typeof readConfig>;

/** Reads a configuration file, the defaults without one. Throws ConfigError with a line for each problem. */
export function readConfig(file: string | undefined) {
  return loadConfig(file === undefined ? { sections } : { file, sections });
}

/** The endpoints of a configuration file that are there, whether they are enabled or not. Throws ConfigError as `readConfig`. */
export function readKeptEndpoints(file: string) {
  return loadConfig({ file, sections: [...coreSections, keptEndpointsSection, sysSection] }).webhook;
}

/** A running system. */
export interface App {
  readonly broker: Broker;
  /** What is open, with the real addresses. */
  readonly listeners: readonly OpenListener[];
  /** Undefined where the configuration has none. */
  readonly webhooks: Webhooks | undefined;
  /** Stops listening, says goodbye to the clients and gives the webhooks `drainMs` to send what is queued. */
  close(drainMs?: number): Promise<void>;
  /** Reads the certificates of all listeners anew; no connection ends. Resolves with what was done for each that has any. */
  reload(): Promise<readonly Reloaded[]>;
}

/** Whether the certificates of a listener are new; where not, it keeps those it had. */
interface Reloaded {
  readonly listener: OpenListener;
  /** One line that begins with the key to blame. */
  readonly problem: string | null;
}

/**
 * Makes a running system of a configuration: opens all listeners or none. Throws ListenError, ConfigError, WebhookError.
 * `version`: what is told under `$SYS`.
 */
export async function compose(config: Config, log: Log, version: string): Promise<App> {
  const opened = { ...config.listeners, ssl: openedTls(config.listeners) };
  if (Object.values(opened).every((entries) => Object.keys(entries).length === 0)) {
    const message = 'none is enabled, so nobody could connect; give one such as listeners.tcp.bind = "0.0.0.0:1883"';
    throw new ConfigError([{ file: '', line: 0, column: 0, key: 'listeners', message }]);
  }
  const broker = new Broker(brokerOptions(config, log));
  const webhooks = attachEnabled(broker, config.webhook, log);
  const contributions = () => figureTopics(webhooks?.endpoints ?? new Map());
  const sys = config.sys.enable ? attachSys(broker, config.sys, { version, log, contributions }) : undefined;
  const close = async (drainMs = 0): Promise<void> => {
    sys?.close();
    try {
      await broker.close();
    } finally {
      await webhooks?.close(drainMs);
    }
  };
  try {
    // Before clients come, whose events would have no place.
    await webhooks?.ready;
    const listeners = await openListeners(broker, config);
    return { broker, listeners, webhooks, close, reload: () => reloadAll(listeners) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws ConfigError where the files of an endpoint cannot be used. */
function attachEnabled(broker: Broker, endpoints: Config['webhook'], log: Log): Webhooks | undefined {
  const enabled = Object.entries(endpoints).filter(([, { enable }]) => enable);
  return enabled.length === 0 ? undefined : attachWebhooks(broker, Object.fromEntries(enabled), { log });
}

async function reloadAll(listeners: readonly OpenListener[]): Promise<readonly Reloaded[]> {
  const reloads = listeners.flatMap((listener) =>
    listener.reload === null ? [] : [reloadOne(listener, listener.reload)],
  );
  return Promise.all(reloads);
}

async function reloadOne(listener: OpenListener, reload: () => Promise<void>): Promise<Reloaded> {
  try {
    await reload();
    return { listener, problem: null };
  } catch (error) {
    return { listener, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The options of a broker that is as the configuration says. */
export function brokerOptions({ mqtt, auth }: CoreConfig, log: Log): Omit<BrokerOptions, 'clock'> {
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
    allowAnonymous: auth.allow_anonymous,
    outgoingAliases: mqtt.max_outgoing_topic_alias,
    maxKeepAlive: mqtt.max_keepalive / 1000,
    maxConnections: mqtt.max_connections,
    maxConnectionsPerAddress: mqtt.max_connections_per_ip,
    maxConnectRate: mqtt.max_connect_rate,
    maxMessageRate: mqtt.max_message_rate,
    maxByteRate: mqtt.max_byte_rate,
    rateAction: mqtt.rate_action,
    maxTopicLevels: mqtt.max_topic_levels,
    maxTopicLength: mqtt.max_topic_length,
    maximumQoS: mqtt.max_qos_allowed,
    retainAvailable: mqtt.retain_available,
    wildcardSubscriptions: mqtt.wildcard_subscription,
    sharedSubscriptions: mqtt.shared_subscription,
    subscriptionIdentifiers: mqtt.subscription_identifiers,
    responseInformation: mqtt.response_information,
    checkPayloadFormat: mqtt.check_payload_format,
    log,
  };
}
