import type { Duplex } from 'node:stream';
import type { ServerOptions, WebSocketServer } from 'ws';
import type { Rising, Top } from './listener.ts';
import { LARGEST_HEADER, WebSocketCarrier } from './websocket-carrier.ts';
import { answer, subprotocol, type UpgradeRules, upgradeServer } from './websocket-upgrade.ts';

/** Milliseconds that a peer has to answer our goodbye, before the connection is cut. */
const LINGER = 2000;

/**
 * Bytes that the pieces of a message must have on average, be they frames or what the network brings at once: each costs
 * as much memory besides.
 */
const PIECE = 1024;
const MIN_PIECES = 1024;
/** What `ws` can count up to. */
const LARGEST = 2 ** 31 - 1;

/** Options that the types of `ws` do not know yet. */
interface CurrentServerOptions extends ServerOptions {
  readonly maxPayload: number;
  readonly closeTimeout: number;
  readonly maxBufferedChunks: number;
  readonly maxFragments: number;
}

/** The top of a listener for WebSockets. */
export interface WebSocketTop extends Top {
  /** Must have resolved before the first connection comes: `ws` is loaded here, so that only who uses it pays for it. */
  load(): Promise<void>;
}

/**
 * MQTT in the messages of WebSockets, of which none is larger than `maxMessageSize` bytes: `ws` holds a message until it
 * is complete.
 */
export function webSocketTop(rules: UpgradeRules, maxMessageSize: number): WebSocketTop {
  /** By the stream on which the request for an upgrade is awaited. */
  const rising = new WeakMap<Duplex, Rising>();
  const server = serverOptions(maxMessageSize);
  const maxFramed = server.maxPayload + server.maxFragments * LARGEST_HEADER;
  let webSockets: WebSocketServer | null = null;
  const http = upgradeServer(rules, (request, stream, head) => {
    webSockets?.handleUpgrade(request, stream, head, (webSocket) => {
      const connection = rising.get(stream);
      if (connection === undefined) return;
      rising.delete(stream);
      connection.wire.carry(new WebSocketCarrier(webSocket, connection.stream, connection.handler, maxFramed));
    });
  });
  return {
    async load() {
      const { WebSocketServer: Server } = await import('ws');
      webSockets = new Server(server);
      webSockets.on('wsClientError', (error, stream) => answer(stream, { status: 400, text: error.message }));
    },
    carry(connection) {
      const { stream, handler } = connection;
      rising.set(stream, connection);
      // Once it is a WebSocket, its carrier tells the end.
      stream.once('close', () => rising.has(stream) && handler.closed());
      stream.on('error', () => {}); // 'close' follows.
      http.emit('connection', stream);
      stream.resume();
    },
  };
}

function serverOptions(maxMessageSize: number): CurrentServerOptions {
  const maxPayload = Math.min(maxMessageSize, LARGEST);
  const pieces = Math.max(MIN_PIECES, Math.ceil(maxPayload / PIECE));
  return {
    noServer: true,
    clientTracking: false,
    // Compression costs memory for each connection, and MQTT's packets are small.
    perMessageDeflate: false,
    maxPayload,
    maxBufferedChunks: pieces,
    maxFragments: pieces,
    closeTimeout: LINGER,
    handleProtocols: subprotocol,
  };
}
