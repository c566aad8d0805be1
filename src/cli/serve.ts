import type { App } from '../app.ts';
import { stderrLog } from './log.ts';

/** How long the end waits for webhook events to be delivered. */
const DRAIN_MS = 5000;

// Ctrl-C under `npm start` comes twice at once, from the terminal and from npm: that is not yet a second request.
const SAME_SIGNAL_MS = 500;

/**
 * Runs until SIGINT or SIGTERM, ends everything cleanly and exits with status 0; a second signal exits at once.
 *
 * @param finish what else is to be closed once the broker is.
 */
export async function serve(app: App, finish = async (): Promise<void> => {}): Promise<never> {
  await endSignal();
  const queued = app.webhook?.stats().queued ?? 0;
  if (queued > 0) {
    const seconds = DRAIN_MS / 1000;
    stderrLog.info(
      `${queued} webhook events are still to be sent, for ${seconds} s at most (a second signal ends at once)`,
    );
  }
  await app.close(DRAIN_MS);
  await finish();
  process.exit(0);
}

function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined;
    const ask = (): void => {
      if (asked !== undefined && performance.now() - asked > SAME_SIGNAL_MS) process.exit(1);
      asked ??= performance.now();
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
}
