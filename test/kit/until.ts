const POLL_MS = 2;

/** Resolves as soon as `condition` holds; rejects after `timeout` milliseconds with what was waited for. */
export async function until(condition: () => boolean, what: string, timeout = 10_000): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
    // oxlint-disable-next-line no-await-in-loop -- that is what polling is
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
