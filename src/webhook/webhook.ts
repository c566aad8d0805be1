import { silentLog, type Log } from '../base/log.ts';
import type { WebhookConfig } from './config.ts';
import { endpointSettings } from './endpoint-settings.ts';
import { WEBHOOK_EVENTS, type EventSource } from './events.ts';
import { Courier, type DeadLetterDesk } from './courier.ts';
import { wantedBy } from './rules.ts';
import type { WebhookStats } from './tally.ts';

export { type DeadLetterDesk, WebhookError } from './courier.ts';
export type { EventSource } from './events.ts';
export type { ShownDeadLetter } from './report.ts';
export type { WebhookStats } from './tally.ts';

/** Milliseconds that a program's end waits for what is in memory, unless it says otherwise. */
const DRAIN_MS = 5000;

export interface WebhookOptions {
  /** Where changes of state are told; nowhere without it. */
  readonly log?: Log;
  /** The delivery thread's program, when it does not lie beside this file (a bundle, for example). */
  readonly program?: URL;
}

/** One endpoint at work. */
export interface EndpointHandle {
  /** As in the configuration; `default` for the one without a name. */
  readonly name: string;
  /** Whether its events are in a spool and outlive the program. */
  readonly isDurable: boolean;
  stats(): WebhookStats;
  readonly deadLetters: DeadLetterDesk;
}

/** A webhook at work. */
export interface Webhook extends EndpointHandle {
  /** Resolves when events are taken; rejects with WebhookError when the spool cannot be opened (it is tried again nevertheless). */
  readonly ready: Promise<void>;
  /**
   * Takes no more events and ends the delivery thread. What is in memory is sent, for up to `drainMs` milliseconds (5,000), the
   * rest is counted as lost; what is in a spool stays there. Resolves with the final figures, also when called again.
   */
  close(drainMs?: number): Promise<WebhookStats>;
}

/** Several endpoints, served by one thread. */
export interface Webhooks {
  /** By their names in the configuration. */
  readonly endpoints: ReadonlyMap<string, EndpointHandle>;
  /** As for `Webhook`. */
  readonly ready: Promise<void>;
  /** As for `Webhook`, all at once. */
  close(drainMs?: number): Promise<void>;
}

/**
 * Sends the events of `broker` that `config` names to its endpoint, from a thread of its own: neither a slow nor a dead
 * endpoint is felt by the broker. Does not look at `config.enable`.
 * @throws {ConfigError} when a file that `config` names cannot be used.
 */
export function attachWebhook(broker: EventSource, config: WebhookConfig, options: WebhookOptions = {}): Webhook {
  const { courier, stops } = attach(broker, { default: config }, options);
  const [handle] = courier.handles;
  if (handle === undefined) throw new Error('a courier without endpoint');
  return {
    ...handle,
    ready: courier.ready,
    async close(drainMs = DRAIN_MS) {
      stopAll(stops);
      await courier.close(drainMs);
      return handle.stats();
    },
  };
}

/**
 * `attachWebhook` for several endpoints by their names; one thread serves them all.
 * @throws {ConfigError} when a file that a configuration names cannot be used.
 */
export function attachWebhooks(
  broker: EventSource,
  configs: Readonly<Record<string, WebhookConfig>>,
  options: WebhookOptions = {},
): Webhooks {
  const { courier, stops } = attach(broker, configs, options);
  return {
    endpoints: new Map(courier.handles.map((handle) => [handle.name, handle])),
    ready: courier.ready,
    close(drainMs = DRAIN_MS) {
      stopAll(stops);
      return courier.close(drainMs);
    },
  };
}

function attach(broker: EventSource, configs: Readonly<Record<string, WebhookConfig>>, options: WebhookOptions) {
  const { log = silentLog, program } = options;
  const settings = Object.entries(configs).map(([name, config]) => endpointSettings(name, config));
  const courier = new Courier(settings, log, program);
  const stops = Object.values(configs).flatMap(({ events }, index) => {
    const sink = courier.sinks[index];
    const name = settings[index]?.name ?? '';
    if (events.length === 0)
      log.warn(`webhook${name === 'default' ? '' : `.${name}`}.events is empty: nothing is sent`);
    if (sink === undefined) return [];
    return WEBHOOK_EVENTS.flatMap((event) => {
      const wanted = wantedBy(events, event);
      return wanted === undefined ? [] : [event.listen(broker, wanted, sink)];
    });
  });
  return { courier, stops };
}

function stopAll(stops: (() => void)[]): void {
  for (const stop of stops.splice(0)) stop();
}
