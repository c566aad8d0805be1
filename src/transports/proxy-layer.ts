import { peerOf } from './peer.ts';
import { escapeName } from './certificate.ts';
import type { Layer } from './listener.ts';
import { readProxyHeader } from './proxy-header.ts';

/**
 * The header of the PROXY protocol, version 1 or 2, with which a load balancer begins every connection:
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. A connection that begins otherwise is ended.
 */
export const proxyProtocol: Layer = {
  identifies: true,
  rise({ stream, wire, handler }, next) {
    let read: Buffer = Buffer.alloc(0);
    const onData = (bytes: Buffer): void => {
      read = read.length === 0 ? bytes : Buffer.concat([read, bytes]);
      const header = readProxyHeader(read);
      if (header === 'more') return;
      stream.off('data', onData);
      stream.pause();
      if (header === 'malformed') return void stream.destroy();
      const { address, port } = header.source ?? peerOf(stream, wire.peer.listener);
      const { commonName } = header;
      const certificate = commonName === null ? null : { commonName, subject: `CN=${escapeName(commonName)}` };
      wire.identify({ address, port, certificate }, handler);
      if (read.length > header.length) stream.unshift(read.subarray(header.length));
      next(stream);
    };
    stream.on('data', onData);
    stream.resume();
  },
};
