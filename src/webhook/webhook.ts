import type { Log } from '../base/log.ts';
import type { WebhookConfig } from './config.ts';
import { WEBHOOK_EVENTS, type EventSource } from './events.ts';
import { topicTest } from './rules.ts';
import { Sender, type WebhookStats } from './sender.ts';

export type { EventSource } from './events.ts';
export type { WebhookStats } from './sender.ts';

export interface WebhookOptions {
  /** Where changes of state are told; nowhere without it. */
  readonly log?: Log;
  /** The delivery thread's program, when it does not lie beside this file (a bundle, for example). */
  readonly program?: URL;
}

/** A webhook at work. */
export interface Webhook {
  stats(): WebhookStats;
  /**
   * Takes no more events, sends what is queued for up to `drainMs` milliseconds, counts the rest as lost and ends the
   * delivery thread. Resolves with the final figures, also when it is called again.
   */
  close(drainMs: number): Promise<WebhookStats>;
}

/**
 * Sends the events of `broker` that `config` names to its endpoint, from a thread of its own: neither a slow nor a dead
 * endpoint is felt by the broker. Does not look at `config.enable`.
 */
export function attachWebhook(broker: EventSource, config: WebhookConfig, options: WebhookOptions = {}): Webhook {
  const sender = new Sender(config, options);
  if (config.events.length === 0) options.log?.warn('webhook.events is empty: nothing is sent');
  const stopListening = WEBHOOK_EVENTS.map((event) => {
    const wanted = topicTest(config.events, event);
    return wanted === undefined ? null : event.listen(broker, wanted, sender);
  });
  return {
    stats: () => sender.stats(),
    close(drainMs) {
      for (const stop of stopListening) stop?.();
      return sender.close(drainMs);
    },
  };
}
