const POLL_MS = 2;
const LIMIT_MS = 10_000;

/** Resolves as soon as `condition` holds; rejects after `timeout` milliseconds with what was waited for. */
export async function until(condition: () => boolean, what: string, timeout = LIMIT_MS): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
    // oxlint-disable-next-line no-await-in-loop -- that is what polling is
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The outcome of a promise that must settle within ten seconds; rejects with what was waited for when it does not. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const guard = setTimeout(() => reject(new Error(`not within ${LIMIT_MS} ms: ${what}`)), LIMIT_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(guard));
}
