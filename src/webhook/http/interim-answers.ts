import type { buildConnector } from 'undici';

type Connect = ReturnType<typeof buildConnector>;

const CONTINUE = Buffer.from('HTTP/1.1 100');
const PLACE_OF_DIGIT = CONTINUE.length - 1;
const H = 0x48;
const TWO = 0x32;

/**
 * A client must be able to take interim answers that it did not ask for (RFC 9110, section 15.2), and undici takes all but
 * `100 Continue`, which some servers send to every POST: it closes the connection. So it gets to see 102 instead.
 */
export function toleratingContinue(connect: Connect): Connect {
  return (options, callback) =>
    connect(options, (...result) => {
      if (result[0] === null) hideContinue(result[1]);
      callback(...result);
    });
}

/** HTTP/2 does not read its socket so; it has no need of this either. */
function hideContinue(socket: { read(): unknown }): void {
  const read = socket.read.bind(socket);
  let begun = 0;
  socket.read = () => {
    const chunk = read();
    if (Buffer.isBuffer(chunk)) begun = changed(chunk, begun);
    return chunk;
  };
}

/**
 * Changes each status line of that status in a chunk, also one whose first `begun` bytes ended the chunk before. Returns
 * how many bytes of another one end this chunk. Where answers begin is not known here: a body with this text in it is
 * changed, too, which harms nothing, as bodies are only shown.
 */
function changed(chunk: Buffer, begun: number): number {
  if (begun > 0) {
    const rest = Math.min(CONTINUE.length - begun, chunk.length);
    if (chunk.compare(CONTINUE, begun, begun + rest, 0, rest) === 0) {
      if (begun + rest < CONTINUE.length) return begun + rest;
      chunk[rest - 1] = TWO;
    }
  }
  for (let at = chunk.indexOf(CONTINUE); at !== -1; at = chunk.indexOf(CONTINUE, at)) chunk[at + PLACE_OF_DIGIT] = TWO;
  // It has one H only: if the last one does not begin it, nothing does.
  const last = chunk.lastIndexOf(H);
  const length = chunk.length - last;
  if (last === -1 || length >= CONTINUE.length) return 0;
  return chunk.compare(CONTINUE, 0, length, last) === 0 ? length : 0;
}
