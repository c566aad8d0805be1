import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { until, within } from '../kit/until.ts';
import { begun, collect, connected, echoing, ending, fence, type Kind, pattern, roundTrip } from './contract-kit.ts';
import { openListener } from './open-listener.ts';

const MEGABYTE = 1024 * 1024;

/** What every listener does, whatever carries its bytes. */
export function listenerContract(kind: Kind): void {
  suite(`what ${kind.title} does as every listener`, () => {
    test('its name is that of its wires', async () => {
      await using listener = await openListener(kind.listener());
      const { wire } = await connected(kind, listener);
      assert.equal(listener.name, kind.name);
      assert.equal(wire.peer.listener, kind.name);
    });

    test('bytes come in order and whole, both ways', async () => {
      await using listener = await openListener(kind.listener(), echoing);
      const { client } = await connected(kind, listener);
      const sent = pattern(3 * MEGABYTE);
      const received = collect(client);
      let at = 0;
      for (let size = 1; at < sent.length; size = (size * 7 + 3) % 100_003) {
        client.write(sent.subarray(at, at + size));
        at += size;
      }
      await until(() => received.length >= sent.length, 'the echo');
      assert.ok(received.bytes().equals(sent));
    });

    test('pieces go out as one', async () => {
      await using listener = await openListener(kind.listener());
      const { client, wire } = await connected(kind, listener);
      const received = collect(client);
      const sent = pattern(MEGABYTE);
      const pieces = Array.from({ length: 64 }, (_, i) => sent.subarray(i * 16_384, (i + 1) * 16_384));
      wire.writeAll(pieces);
      wire.writeAll([]);
      wire.writeAll([Buffer.from('the '), Buffer.from('end')]);
      await until(() => received.length >= sent.length + 7, 'the pieces');
      assert.ok(received.bytes().equals(Buffer.concat([sent, Buffer.from('the end')])));
    });

    test('what a slow peer does not read waits, and is told to have drained', async () => {
      await using listener = await openListener(kind.listener());
      const accepted = await connected(kind, listener);
      const { client, wire } = accepted;
      client.pause();
      const sent = pattern(MEGABYTE);
      let count = 0;
      while (wire.backlog < 4 * MEGABYTE) {
        wire.write(Buffer.from(sent));
        count++;
        await new Promise(setImmediate); // oxlint-disable-line no-await-in-loop -- the system takes some of it meanwhile
      }
      const { drained } = accepted;
      const received = collect(client);
      await until(() => accepted.drained > drained, 'the backlog to be gone');
      assert.equal(wire.backlog, 0);
      await until(() => received.length >= count * MEGABYTE, 'everything');
      assert.ok(received.bytes().equals(Buffer.concat(Array.from({ length: count }, () => sent))));
    });

    test('a wire that is paused brings nothing until it is resumed', async () => {
      await using listener = await openListener(kind.listener(), echoing);
      const accepted = await connected(kind, listener);
      const { client, wire } = accepted;
      await roundTrip(client, 'first');
      wire.pause();
      client.write('second');
      await fence(kind, listener);
      assert.equal(accepted.received.toString(), 'first');
      wire.resume();
      await until(() => accepted.received.length === 11, 'the rest');
      assert.equal(accepted.received.toString(), 'firstsecond');
    });

    test('a wire that is paused as it is accepted brings nothing until it is resumed', async () => {
      const listener = await openListener(kind.listener(), undefined, (wire) => {
        if (listener.accepted.length === 0) wire.pause();
      });
      await using _ = listener;
      const accepted = await begun(kind, listener);
      accepted.client.write('first');
      await fence(kind, listener);
      assert.equal(accepted.received.length, 0);
      accepted.wire.resume();
      await until(() => accepted.received.toString() === 'first', 'what was sent');
    });

    test('the end comes after what was written', async () => {
      await using listener = await openListener(kind.listener());
      const accepted = await connected(kind, listener);
      const { client, wire } = accepted;
      const received = collect(client);
      const ended = ending(client);
      const sent = pattern(2 * MEGABYTE);
      wire.write(sent);
      wire.end();
      await within(ended, "the client's end");
      assert.ok(received.bytes().equals(sent));
      await until(() => accepted.closed > 0, 'the end to be told');
      wire.write(Buffer.from('too late'));
      wire.writeAll([Buffer.from('too late')]);
      wire.pause();
      wire.resume();
      await fence(kind, listener);
      assert.equal(accepted.closed, 1);
    });

    test('the end comes in bounded time although the peer reads nothing', async () => {
      await using listener = await openListener(kind.listener());
      const accepted = await connected(kind, listener);
      const { client, wire } = accepted;
      client.pause();
      wire.write(Buffer.alloc(32 * MEGABYTE));
      wire.end();
      await until(() => accepted.closed > 0, 'the end to be told');
      assert.equal(accepted.closed, 1);
    });

    test('a wire that is ended as it is accepted ends', async () => {
      await using listener = await openListener(kind.listener(), undefined, (wire) => wire.end());
      const client = await kind.connect(listener.address).catch(() => null);
      if (client !== null) await within(ending(client), "the client's end");
      await until(() => listener.accepted[0]?.closed === 1, 'the end to be told');
      assert.equal(listener.accepted[0]?.received.length, 0);
    });

    test('the end of the peer is told once, after its last bytes', async () => {
      await using listener = await openListener(kind.listener());
      const accepted = await connected(kind, listener);
      accepted.client.end('goodbye');
      await until(() => accepted.closed > 0, 'the end to be told');
      assert.equal(accepted.received.toString(), 'goodbye');
      accepted.wire.end();
      await fence(kind, listener);
      assert.equal(accepted.closed, 1);
    });

    test('a connection that is reset is told once', async () => {
      await using listener = await openListener(kind.listener());
      const accepted = await connected(kind, listener);
      kind.reset(accepted.client);
      await until(() => accepted.closed > 0, 'the end to be told');
      await fence(kind, listener);
      assert.equal(accepted.closed, 1);
    });

    test('a peer may be probed', async () => {
      await using listener = await openListener(kind.listener(), echoing, (wire) => wire.probe());
      const { client, wire } = await connected(kind, listener);
      wire.probe();
      await roundTrip(client, 'still here');
    });

    test('closes when the last of its wires has ended, and accepts no more meanwhile', async () => {
      const listener = await openListener(kind.listener(), echoing);
      const accepted = await connected(kind, listener);
      const { client, wire } = accepted;
      let closed = false;
      const closing = listener.close().then(() => (closed = true));
      await assert.rejects(kind.connect(listener.address));
      await roundTrip(client, 'still here');
      assert.equal(closed, false);
      wire.end();
      client.resume();
      await within(closing, 'the end of the listener');
      assert.equal(accepted.closed, 1);
      client.destroy();
    });
  });
}
