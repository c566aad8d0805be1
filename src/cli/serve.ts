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
  const queued = app.webhook?.stats().queued.events ?? 0;
  if (queued > 0) stderrLog.info(`webhook events still to be sent: ${queued} (a second signal ends at once)`);
  await app.close(DRAIN_MS);
  await finish();
  if (app.webhook !== undefined) tellLost(app.webhook.stats());
  tellDropped(app.broker.stats().dropped);
  process.exit(0);
}

function tellDropped(dropped: Readonly<Record<string, number>>): void {
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0);
  const told = reasons.toSorted(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
  if (told.length > 0) stderrLog.warn(`messages dropped: ${told.join(', ')}`);
}

function tellLost({ lost, dropped, failed }: WebhookStats): void {
  const parts = [
    [lost, 'not sent in time'],
    [dropped, 'dropped as too many were waiting'],
    [failed, 'refused by the endpoint'],
  ] as const;
  const told = parts.flatMap(([count, why]) => (count > 0 ? [`${count} ${why}`] : []));
  if (told.length > 0) stderrLog.warn(`webhook events lost: ${told.join(', ')}`);
}
