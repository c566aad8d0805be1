import { chmodSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import type { ListenerAddress, NetAddress } from '../broker/ports.ts';

/** Where a server can listen. */
export interface Place<Address extends ListenerAddress> {
  /** Resolves with where it listens, rejects where that is not possible. */
  listen(server: Server): Promise<Address>;
  /** Has it listen no more. */
  leave(server: Server): void;
}

/** Connections that the system holds for us while we are busy. */
const BACKLOG = 4096;

/** A port of this machine; `port` 0 takes a free one, `host` is 127.0.0.1 where it is left out. */
export function netPlace({ port, host = '127.0.0.1' }: { port: number; host?: string }): Place<NetAddress> {
  return {
    async listen(server) {
      await listening(server, { port, host, backlog: BACKLOG });
      const address = server.address();
      if (typeof address !== 'object' || address === null) throw new Error('the listener was closed while it opened');
      return { host: address.address, port: address.port };
    },
    leave: (server) => void server.close(),
  };
}

/** A Unix domain socket; `mode` are the permissions of its file. */
export function unixPlace(path: string, mode: number): Place<{ readonly path: string }> {
  let inode = 0;
  return {
    async listen(server) {
      try {
        await listening(server, { path, backlog: BACKLOG });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
        if (!(await isStale(path))) throw error;
        unlinkSync(path);
        await listening(server, { path, backlog: BACKLOG });
      }
      try {
        chmodSync(path, mode);
        inode = lstatSync(path).ino;
      } catch (error) {
        server.close();
        throw error;
      }
      return { path };
    },
    leave(server) {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined || found.ino === inode) server.close();
      else keepingFile(path, () => server.close());
    },
  };
}

/** Does what would remove the file, which is somebody else's by now: Node removes whatever has the name. */
function keepingFile(path: string, close: () => void): void {
  const aside = `${path}.${process.pid}`;
  renameSync(path, aside);
  close();
  renameSync(aside, path);
}

function listening(server: Server, options: Parameters<Server['listen']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether it is the socket of a process that is gone: nobody accepts there. Any other file is somebody's. */
function isStale(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
}
