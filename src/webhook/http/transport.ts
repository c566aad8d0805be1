import type { EndpointSettings } from '../settings.ts';

/** What goes out. */
export interface HttpRequest {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer;
}

/** What came back. */
export interface Answer {
  /** 0: there was no answer. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The first 256 bytes of the body of an answer that is not 2xx, as text, the endpoint's secrets masked; else empty. */
  readonly text: string;
  /** One line that says why there was no answer; null when there was one. */
  readonly error: string | null;
  /** Milliseconds from the request's start to its answer's status; 0 without one. */
  readonly duration: number;
}

/** The connections to one endpoint. */
export interface Transport {
  /** Sends a request; `done` is called once, never from within `send`. Keeps the time limits. */
  send(request: HttpRequest, done: (answer: Answer) => void): void;
  /** Opens a connection (TLS included) without a request; resolves with null, or with one line that begins with the key to blame. */
  check(): Promise<string | null>;
  /** Ends all connections; requests on their way get no answer. */
  close(): Promise<void>;
}

export type TransportSettings = Pick<EndpointSettings, 'name' | 'url' | 'method' | 'headers' | 'connection'>;
