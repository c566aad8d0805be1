import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { clientOf, costOf, nameOf, namesIn, numbered, START, testBoth } from './backlog-kit.ts';
import { modelRun } from './backlog-model.ts';

suite('a backlog', () => {
  testBoth('gives each lane its turn, and its events in order', async (open) => {
    const stage = open();
    assert.equal(stage.take(), null);
    assert.deepEqual(await stage.accept('a1 a2 b1 a3 c1 b2'), { accepted: 6, dropped: {} });
    assert.deepEqual(await stage.drain(), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    assert.equal(stage.take(), null);
    assert.equal(stage.wasToldInside, false);
  });

  testBoth('says of each event what it is', async (open) => {
    const stage = open();
    await stage.accept('a1 b1 a2');
    const a = stage.taken();
    const b = stage.taken();
    const events = [a.at(0), b.at(0), a.at(1)];
    assert.deepEqual(
      events.map((event) => event?.run),
      ['run1', 'run1', 'run1'],
    );
    const ids = events.map((event) => event?.id ?? 0);
    assert.ok(ids.every((id, i) => id > (ids[i - 1] ?? 0)));
    assert.equal(a.at(0)?.lane, a.id);
    assert.notEqual(a.id, b.id);
    assert.equal(a.at(2), undefined);
  });

  testBoth('gives a lane that is held to nobody else, and takes events for it', async (open) => {
    const stage = open();
    await stage.accept('a1');
    const a = stage.taken();
    await stage.accept('a2 b1');
    const b = stage.taken();
    assert.equal(namesIn(b), 'b1');
    assert.equal(stage.take(), null);
    stage.settle(a);
    assert.equal(namesIn(stage.take()), 'a2');
  });

  testBoth('gives a lane that is put back again, behind the others', async (open) => {
    const stage = open();
    await stage.accept('a1 b1');
    stage.putBack(stage.taken());
    assert.deepEqual(await stage.drain(), ['b1', 'a1']);
  });

  testBoth('settles several events at once', async (open) => {
    const stage = open({ maxEvents: 5 });
    await stage.accept(numbered('a', 1, 7));
    const lane = stage.taken();
    assert.equal(namesIn(lane), 'a1 a2 a3 a4 a5 a6 a7');
    stage.settle(lane, 5);
    assert.equal(namesIn(stage.take()), 'a6 a7');
    assert.equal(stage.backlog.held.events, 2);
  });

  testBoth('says what it holds', async (open) => {
    const stage = open();
    assert.deepEqual(stage.backlog.held, { events: 0, bytes: 0, oldest: null });
    await stage.accept('a1 b1 a2', 100);
    await stage.accept('c100', 5000);
    const costs = costOf('b1', 100) + costOf('a2', 100) + costOf('c100', 5000);
    assert.deepEqual(stage.backlog.held, { events: 4, bytes: costs + costOf('a1', 100), oldest: START });
    stage.settle(stage.taken());
    // What is settled in this turn may still count as the oldest.
    await stage.accept('d1');
    assert.deepEqual(stage.backlog.held, { events: 4, bytes: costs + costOf('d1'), oldest: START + 1000 });
    await stage.drain();
    assert.deepEqual(stage.backlog.held, { events: 0, bytes: 0, oldest: null });
  });

  testBoth('holds no more than its bound, to the byte, and drops the newest', async (open) => {
    const each = costOf('a1', 100);
    const stage = open({ maxBytes: 10 * each });
    const clients = Array.from('abcdefghij', (name) => `${name}1`);
    assert.deepEqual(await stage.accept(clients.slice(0, 6), 100), { accepted: 6, dropped: {} });
    assert.deepEqual(await stage.accept([...clients.slice(6), 'k1', 'l1'], 100), {
      accepted: 4,
      dropped: { queue_full: 2 },
    });
    assert.equal(stage.backlog.held.bytes, 10 * each);
    stage.settle(stage.taken());
    assert.deepEqual(await stage.accept(['m1', 'n1'], 100), { accepted: 1, dropped: { queue_full: 1 } });
    assert.deepEqual(await stage.drain(), [...clients.slice(1), 'm1']);
  });

  testBoth('does not take an event that is larger than all of it, whatever is dropped else', async (open) => {
    for (const overflow of ['drop_newest', 'drop_oldest'] as const) {
      const stage = open({ maxBytes: 2000, overflow });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      assert.deepEqual(await stage.accept('a1', 2000), { accepted: 0, dropped: { too_large: 1 } });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      assert.deepEqual(await stage.accept('a2', 100), { accepted: 1, dropped: {} });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      assert.deepEqual(await stage.drain(), ['a2']);
      stage.backlog.close();
    }
  });

  testBoth('leaves room for the others when one client gets nothing through', async (open) => {
    const each = costOf('stuck100', 100);
    const stage = open({ maxBytes: 400 * each });
    const { accepted, dropped } = await stage.accept(numbered('stuck', 100, 999), 100);
    assert.deepEqual(dropped, { client_share: 900 - accepted });
    assert.ok(accepted >= 299 && accepted <= 301, `${accepted} of 400`);
    const stuck = stage.taken();
    assert.deepEqual(await stage.accept(numbered('other', 100, 110), 100), { accepted: 11, dropped: {} });
    const other = stage.taken();
    stage.settle(stuck, 1);
    stage.settle(other, 1);
  });

  testBoth('drops the oldest that nobody holds, where that is wanted', async (open) => {
    const each = costOf('a1', 100);
    const stage = open({ maxBytes: 6 * each, overflow: 'drop_oldest' });
    await stage.accept('a1 a2 b1 c1 a3 b2', 100);
    const a = stage.taken();
    assert.equal(namesIn(a).slice(0, 2), 'a1');
    assert.deepEqual(await stage.accept('d1 d2', 100), { accepted: 2, dropped: {} });
    assert.deepEqual(stage.dropped, { queue_full: 2 });
    assert.equal(stage.backlog.held.bytes, 6 * each);
    stage.putBack(a);
    const left = (await stage.drain()).toSorted();
    assert.deepEqual(left, ['a1', 'a3', 'b2', 'c1', 'd1', 'd2']);
  });

  testBoth('drops of what comes in, too, when all else is held', async (open) => {
    const each = costOf('a1', 100);
    const stage = open({ maxBytes: 3 * each, overflow: 'drop_oldest' });
    await stage.accept('a1 b1', 100);
    const lanes = [stage.taken(), stage.taken()];
    const { accepted, dropped } = await stage.accept('c1 c2 c3', 100);
    assert.equal(accepted - (stage.dropped.queue_full ?? 0), 1);
    assert.equal((dropped.queue_full ?? 0) + (stage.dropped.queue_full ?? 0), 2);
    assert.equal(namesIn(stage.take()), 'c3');
    for (const lane of lanes) stage.settle(lane);
  });

  testBoth('gives way to newer events again and again, and keeps each lane in order', async (open) => {
    const each = costOf('a100', 100);
    const stage = open({ maxBytes: 50 * each, overflow: 'drop_oldest', maxEvents: 2 });
    const delivered: string[] = [];
    for (let round = 0; round < 60; round++) {
      const names = ['a', 'b', 'c'].flatMap((name) => numbered(name, 100 + round * 5, 104 + round * 5));
      // oxlint-disable-next-line no-await-in-loop -- one round after another
      await stage.accept(names, 100);
      assert.ok(stage.backlog.held.bytes <= 50 * each);
      const lane = stage.taken();
      delivered.push(nameOf(lane.at(0)?.record ?? ''));
      stage.settle(lane);
    }
    delivered.push(...(await stage.drain()));
    assert.equal(delivered.length + (stage.dropped.queue_full ?? 0), 900);
    for (const client of ['a', 'b', 'c']) {
      const own = delivered.filter((name) => clientOf(name) === client);
      assert.deepEqual(own, own.toSorted());
      assert.equal(own.at(-1), `${client}399`);
    }
  });

  testBoth('has many lanes', async (open) => {
    const stage = open({ maxBytes: 100 * 1024 * 1024 });
    const names = Array.from({ length: 20_000 }, (_, i) => `client${i}x1`);
    await Promise.all([stage.accept(names.slice(0, 10_000)), stage.accept(names.slice(10_000))]);
    const lanes = names.map(() => stage.taken());
    assert.equal(new Set(lanes.map(({ id }) => id)).size, 20_000);
    assert.equal(stage.take(), null);
    for (const lane of lanes) stage.settle(lane);
    assert.equal(stage.backlog.held.events, 0);
  });

  for (const overflow of ['drop_newest', 'drop_oldest'] as const) {
    testBoth(`does what a simple model of it does, with ${overflow}`, async (open) => {
      for (let seed = 1; seed <= 6; seed++) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await modelRun(open, seed, overflow);
      }
    });
  }
});
