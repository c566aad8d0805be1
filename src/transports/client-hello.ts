import type { Socket } from 'node:net';

/** Bytes before the content of a TLS record: its type, a version, and the length of the content (RFC 8446, 5.1). */
const RECORD_HEADER = 5;
/** The type of a record with a part of a handshake. */
const HANDSHAKE = 22;
/** Bytes of a record's content. */
const LARGEST_CONTENT = 16_384;

/**
 * Waits for the first record of a TLS client, then calls `next`, with its bytes put back into the paused stream. What
 * OpenSSL sets up for a handshake is twenty times what a socket costs, and is only spent on a client that has said
 * what it wants; a stream that begins otherwise than TLS is destroyed.
 */
export function awaitClientHello(stream: Socket, next: () => void): void {
  let read: Buffer = Buffer.alloc(0);
  const onData = (bytes: Buffer): void => {
    read = read.length === 0 ? bytes : Buffer.concat([read, bytes]);
    const length = read.length < RECORD_HEADER ? 0 : read.readUInt16BE(3);
    if (read[0] !== HANDSHAKE || length > LARGEST_CONTENT) return void stream.destroy();
    if (read.length < RECORD_HEADER || read.length < RECORD_HEADER + length) return;
    stream.off('data', onData);
    stream.pause();
    stream.unshift(read);
    next();
  };
  stream.on('data', onData);
  stream.resume();
}
