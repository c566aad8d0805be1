import type { App } from '../app.ts';
import type { WebhookStats } from '../webhook/webhook.ts';
import { stderrLog } from './log.ts';

/** How long the end waits for webhook events to be delivered. */
const DRAIN_MS = 5000;

// Ctrl-C under `npm start` comes twice at once, from the terminal and from npm: that is not yet a second request.
const SAME_SIGNAL_MS = 500;

const PARENT_CHECK_MS = 500;

/**
 * Runs until SIGINT or SIGTERM, ends everything cleanly and exits with status 0; a second signal exits at once.
 *
 * @param finish what else is to be closed once the broker is.
 */
export async function serve(app: App, finish = async (): Promise<void> => {}): Promise<never> {
  await endSignal();
  const queued = app.webhook?.stats().queued.events ?? 0;
  if (queued > 0) stderrLog.info(`webhook events still to be sent: ${queued} (a second signal ends at once)`);
  await app.close(DRAIN_MS);
  await finish();
  if (app.webhook !== undefined) tellLost(app.webhook.stats());
  process.exit(0);
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

function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    let begun: number | undefined;
    const begin = (): void => {
      begun ??= performance.now();
      resolve();
    };
    const ask = (): void => {
      if (begun !== undefined && performance.now() - begun > SAME_SIGNAL_MS) process.exit(1);
      begin();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
    if (process.env['npm_lifecycle_event'] !== undefined) whenParentIsGone(begin);
  });
}

/** npm passes a SIGTERM on to its shell only, which ends without passing it on to us. */
function whenParentIsGone(then: () => void): void {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    then();
  }, PARENT_CHECK_MS);
}
