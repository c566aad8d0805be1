// The library: everything that an embedder needs, and nothing else.
export type { Clock } from './base/clock.ts';
export type { Log } from './base/log.ts';
export { Broker, type PublishRequest } from './broker/broker.ts';
export type { Client } from './broker/client.ts';
export type { BrokerEvents, DisconnectReason, DropReason, TerminationReason } from './broker/events.ts';
export type {
  Access,
  AuthenticationStart,
  AuthenticationStep,
  BrokerHooks,
  Denial,
  MessageChange,
  MessageVerdict,
  Verdict,
} from './broker/hooks.ts';
export type { Message, MessageProperties, QoS } from './broker/message.ts';
export type { BrokerOptions, ListenerPolicy, WirePolicy } from './broker/options.ts';
export type {
  Listener,
  ListenerAddress,
  NetAddress,
  Peer,
  PeerCertificate,
  Wire,
  WireHandler,
} from './broker/ports.ts';
export type { BrokerStats, LimitName } from './broker/stats.ts';
export type { SubscriptionOptions } from './broker/subscription.ts';
export type { ReasonName } from './codec/reason-codes.ts';
export { tcp, type TcpOptions } from './transports/tcp.ts';
export { tls, type TlsListenerOptions } from './transports/tls.ts';
export type { Reloadable } from './transports/tls-layer.ts';
export { TlsError, type TlsOptions, type TlsVersion } from './transports/tls-options.ts';
export { unix, type UnixOptions } from './transports/unix.ts';
export { websocket, type WebSocketOptions } from './transports/websocket.ts';
export { ConfigError } from './config/config-error.ts';
export { type SysConfig, sysConfig } from './sys/config.ts';
export { attachSys, type Sys, type SysOptions } from './sys/sys.ts';
export { type WebhookConfig, webhookConfig, type WebhookEventName, type WebhookSettings } from './webhook/config.ts';
export {
  attachWebhook,
  attachWebhooks,
  WebhookError,
  type DeadLetterDesk,
  type EndpointHandle,
  type ShownDeadLetter,
  type Webhook,
  type WebhookOptions,
  type Webhooks,
  type WebhookStats,
} from './webhook/webhook.ts';
