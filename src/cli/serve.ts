import type { App } from '../app.ts';
import type { WebhookStats } from '../webhook/webhook.ts';
import { stderrLog } from './log.ts';

/** How long the end waits for webhook events to be delivered. */
const DRAIN_MS = 5000;

/**
 * Runs until `asked`, ends everything cleanly and exits with status 0.
 *
 * @param finish what else is to be closed once the broker is.
 */
export async function serve(app: App, asked: Promise<void>, finish = async (): Promise<void> => {}): Promise<never> {
  await asked;
  const inMemory = waiting(app, false);
  if (inMemory > 0) stderrLog.info(`webhook events still to be sent: ${inMemory} (a second signal ends at once)`);
  await app.close(DRAIN_MS);
  await finish();
  const inSpools = waiting(app, true);
  if (inSpools > 0) stderrLog.info(`webhook events that stay in a spool until the next start: ${inSpools}`);
  tellLost(statsOf(app));
  tellDropped(app.broker.stats().dropped);
  process.exit(0);
}

function tellDropped(dropped: Readonly<Record<string, number>>): void {
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0);
  const told = reasons.toSorted(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
  if (told.length > 0) stderrLog.warn(`messages dropped: ${told.join(', ')}`);
}

/** What is gone at the end: neither what waits in a spool nor the dead letters that are kept there. */
function tellLost(stats: readonly WebhookStats[]): void {
  const parts = [
    [sum(stats.map(({ lost }) => lost)), 'not sent in time'],
    // Those for which there was no room among the dead letters are among them.
    [sum(stats.map(({ dropped }) => sum(Object.values(dropped)) - dropped.dead_letters_full)), 'dropped'],
    [sum(stats.map(({ deadLettered, deadLetters }) => Math.max(0, deadLettered - deadLetters.events))), 'given up'],
  ] as const;
  const told = parts.flatMap(([count, why]) => (count > 0 ? [`${count} ${why}`] : []));
  if (told.length > 0) stderrLog.warn(`webhook events lost: ${told.join(', ')}`);
}

/** Events that wait for endpoints with a spool, or for those without. */
function waiting({ webhooks }: App, durable: boolean): number {
  const handles = Array.from(webhooks?.endpoints.values() ?? []).filter(({ isDurable }) => isDurable === durable);
  return sum(
    handles.map((handle) => handle.stats()).map(({ handedOver, queued }) => handedOver.events + queued.events),
  );
}

function statsOf({ webhooks }: App): readonly WebhookStats[] {
  return Array.from(webhooks?.endpoints.values() ?? [], (endpoint) => endpoint.stats());
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
