import type { buildConnector } from 'undici';

type Connect = ReturnType<typeof buildConnector>;

const CONTINUE = Buffer.from('HTTP/1.1 100');
const PLACE_OF_DIGIT = CONTINUE.length - 1;
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

function hideContinue(socket: { read(): unknown }): void {
  const read = socket.read.bind(socket);
  socket.read = () => {
    const chunk = read();
    if (Buffer.isBuffer(chunk) && startsWithContinue(chunk)) chunk[PLACE_OF_DIGIT] = TWO;
    return chunk;
  };
}

function startsWithContinue(chunk: Buffer): boolean {
  // Nearly all differ in the first digit of the status.
  return chunk[9] === CONTINUE[9] && chunk.subarray(0, CONTINUE.length).equals(CONTINUE);
}
