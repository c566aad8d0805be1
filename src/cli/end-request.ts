// Ctrl-C under `npm start` may come twice at once, from the terminal and from npm: that is not yet a second request.
const SAME_REQUEST_MS = 500;

const PARENT_CHECK_MS = 500;

/**
 * Resolves when the process is asked to end, by one of the signals. To be called before there is anything to end; a
 * second request exits at once.
 */
export function endRequest(signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve) => {
    let begun: number | undefined;
    const begin = (): void => {
      begun ??= performance.now();
      resolve();
    };
    const ask = (): void => {
      if (begun !== undefined && performance.now() - begun > SAME_REQUEST_MS) process.exit(1);
      begin();
    };
    for (const signal of signals) process.on(signal, ask);
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
  // Not what keeps a process that could not start from ending.
  check.unref();
}
