// The library: everything that an embedder needs, and nothing else.
export type { Clock } from './base/clock.ts';
export type { Log } from './base/log.ts';
export { Broker, type PublishRequest } from './broker/broker.ts';
export type { Client } from './broker/client.ts';
export type { BrokerEvents, DisconnectReason, DropReason } from './broker/events.ts';
export type { Access, BrokerHooks, MessageChange, MessageVerdict, Verdict } from './broker/hooks.ts';
export type { Message, MessageProperties, QoS } from './broker/message.ts';
export type { BrokerOptions } from './broker/options.ts';
export type { Listener, ListenerAddress, Peer, Wire, WireHandler } from './broker/ports.ts';
export type { BrokerStats } from './broker/stats.ts';
export type { SubscriptionOptions } from './broker/subscription.ts';
export type { ReasonName } from './codec/reason-codes.ts';
export { tcp, type TcpOptions } from './transports/tcp.ts';
export { ConfigError } from './config/config-error.ts';
export { type WebhookConfig, webhookConfig, type WebhookSettings } from './webhook/config.ts';
export { attachWebhook, type Webhook, type WebhookOptions, type WebhookStats } from './webhook/webhook.ts';
