import type { Dispatcher } from 'undici';
import type { Dial } from './connection.ts';

/**
 * Opens a connection to `url`, through TLS and the proxy where they are, and closes it. Resolves with null, or with why
 * there is none; after `timeout` milliseconds at the latest.
 */
export async function check(dial: Dial, url: URL, timeout: number): Promise<Error | null> {
  const dispatcher = dial(() => {});
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  const timer = setTimeout(() => resolve(inTime()), timeout);
  try {
    dispatcher.dispatch({ origin: url.origin, path: '/', method: 'HEAD' }, new Opening(resolve));
  } catch (error) {
    resolve(error instanceof Error ? error : new Error(String(error)));
  }
  const error = await promise;
  clearTimeout(timer);
  await dispatcher.destroy();
  return error;
}

function inTime(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT', syscall: 'connect' });
}

/** A request that is given up as soon as there is a connection, before anything of it is sent. */
class Opening implements Dispatcher.DispatchHandler {
  readonly #tell: (error: Error | null) => void;

  constructor(tell: (error: Error | null) => void) {
    this.#tell = tell;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#tell(null);
    controller.abort(new Error('connected'));
  }

  // Undici wants to see these, too.
  onResponseStart(): void {}
  onResponseData(): void {}
  onResponseEnd(): void {}

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#tell(error);
  }
}
