import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { readConfig } from '../../src/app.ts';
import { attachWebhook } from '../../src/index.ts';
import { type Cli, hookmq } from '../kit/cli.ts';
import { localBroker } from '../kit/local-broker.ts';
import { mqttClient } from '../kit/mqtt-client.ts';
import { type Receiver, startReceiver } from '../kit/receiver.ts';

/** A place for a broker with a spool, and an endpoint that wants no event until it is told otherwise. */
class Place {
  readonly folder: string;
  readonly spool: string;
  readonly endpoint: Receiver;
  readonly #t: TestContext;
  readonly #conf: string;

  constructor(t: TestContext, endpoint: Receiver) {
    this.#t = t;
    this.endpoint = endpoint;
    this.folder = mkdtempSync(join(tmpdir(), 'hookmq-dead-letters-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.spool = join(this.folder, 'spool.db');
    this.#conf = join(this.folder, 'hookmq.conf');
    writeFileSync(
      this.#conf,
      `webhook {
         url = "${endpoint.url}", events = [{ event = on_message_publish }]
         spool { path = "${this.spool}", max_bytes = 64KB }
         memory { url = "${endpoint.url}" }
       }\n`,
    );
  }

  /** Another configuration for the same endpoint: keys besides those that it needs, or instead of them. */
  configure(spool: string, ...others: readonly string[]): void {
    const keys = [`url = "${this.endpoint.url}"`, 'events = [{ event = on_message_publish }]', ...others];
    writeFileSync(this.#conf, `webhook { ${keys.join('\n')}\nspool { path = "${this.spool}", ${spool} } }\n`);
  }

  static async open(t: TestContext): Promise<Place> {
    const endpoint = await startReceiver({ answer: () => ({ status: 410, body: 'gone \x07for good' }) });
    t.after(() => endpoint.close());
    return new Place(t, endpoint);
  }

  /** Runs `hookmq webhook dead-letters` to its end. */
  async letters(...args: readonly string[]): Promise<Cli> {
    const cli = hookmq(this.#t, ['webhook', 'dead-letters', '--conf', this.#conf, ...args]);
    await cli.end();
    return cli;
  }

  /** A broker with that spool while `act` goes on. */
  async broker(act: (port: number) => Promise<void>): Promise<void> {
    const { webhook: endpoints } = readConfig(this.#conf);
    assert.ok(endpoints['default']);
    await using local = await localBroker();
    const webhook = attachWebhook(local.broker, endpoints['default']);
    await webhook.ready;
    await act(local.port);
    await webhook.close(5000);
  }

  /** A broker that makes these messages dead letters, one after another. */
  async bury(...payloads: readonly string[]): Promise<void> {
    await this.broker(async (port) => {
      const { client } = await mqttClient(this.#t, port, { clientId: 'sensor-1' });
      for (const [index, payload] of payloads.entries()) {
        client.publish('a/b', payload);
        // oxlint-disable-next-line no-await-in-loop -- the queue has no room for all of them at once
        await this.endpoint.waitFor(({ requests }) => requests.length > index);
      }
    });
  }

  get arrived(): unknown[] {
    return this.endpoint.requests.map(({ json }) => json['payload']);
  }
}

suite('hookmq webhook dead-letters', () => {
  test('lists what was given up, and why', async (t) => {
    const place = await Place.open(t);
    await place.bury('one', 'two');
    const cli = await place.letters();
    assert.equal(await cli.end(), 0);
    assert.match(
      cli.stdout,
      /^default: 2 dead letters\n\n\d{4}-\d\d-\d\dT[\d:.]+Z {2}on_message_publish {2}sensor-1 {2}evt_\w+_1\n/,
    );
    assert.match(cli.stdout, /^ {2}[^\n]*410[^\n]* \(1 attempt\): gone \\x07for good\n {2}\{.*"payload":"one".*\}$/m);
    assert.ok(cli.stdout.indexOf('"payload":"one"') < cli.stdout.indexOf('"payload":"two"'));
    assert.equal(cli.stderr, '');
  });

  test('--resend: the next start of the broker sends them, with the ids that they had', async (t) => {
    const place = await Place.open(t);
    await place.bury('one', 'two');
    const ids = place.endpoint.requests.splice(0).map(({ headers }) => headers['webhook-id']);
    place.endpoint.answer = () => ({});
    const cli = await place.letters('--resend', '--endpoint', 'default');
    assert.equal(cli.stdout, 'default: 2 dead letters put into the queue again\n');
    assert.deepEqual(place.arrived, []);
    await place.broker(() => place.endpoint.waitFor(({ requests }) => requests.length === 2));
    assert.deepEqual(place.arrived, ['one', 'two']);
    assert.deepEqual(
      place.endpoint.requests.map(({ headers }) => headers['webhook-id']),
      ids,
    );
    assert.equal((await place.letters()).stdout, 'default: 0 dead letters\n');
  });

  test('--resend with more of them than the queue has room for: the others stay', async (t) => {
    const place = await Place.open(t);
    const large = 'x'.repeat(20_000);
    await place.bury(large, large, large, large);
    const cli = await place.letters('--resend');
    assert.equal(cli.stdout, 'default: 3 dead letters put into the queue again; there is no room for the other 1\n');
    assert.match((await place.letters()).stdout, /^default: 1 dead letter\n/);
  });

  test('--discard forgets them', async (t) => {
    const place = await Place.open(t);
    await place.bury('one');
    assert.equal((await place.letters('--discard')).stdout, 'default: 1 dead letter discarded\n');
    assert.equal((await place.letters()).stdout, 'default: 0 dead letters\n');
  });

  test('a broker that runs has the file: one line that says so', async (t) => {
    const place = await Place.open(t);
    await place.broker(async () => {
      const cli = await place.letters('--discard');
      assert.equal(await cli.end(), 1);
      assert.match(cli.stderr, /^hookmq: webhook\.spool\.path: [^\n]*; stop the broker first\n$/);
      assert.equal(cli.stdout, '');
    });
  });

  test('takes nothing away where the configuration leaves less room than there was', async (t) => {
    const place = await Place.open(t);
    const large = 'x'.repeat(30_000);
    await place.bury(large, large, large);
    place.configure('max_bytes = 1MB', 'dead_letters.max_bytes = 0');
    assert.match((await place.letters()).stdout, /^default: 3 dead letters\n/);
    assert.match((await place.letters('--resend')).stdout, /^default: 3 dead letters put/);
    // They are events that wait now, more than the queue has room for.
    place.configure('max_bytes = 64KB, overflow = drop_oldest');
    assert.match((await place.letters()).stdout, /^default: 0 dead letters\n/);
    assert.match((await place.letters('--resend')).stdout, /^default: 0 dead letters put/);
    place.configure('max_bytes = 1MB');
    place.endpoint.requests.splice(0);
    place.endpoint.answer = () => ({});
    await place.broker(() => place.endpoint.waitFor(({ requests }) => requests.length === 3));
    assert.deepEqual(place.arrived, [large, large, large]);
  });

  test('of an endpoint that is switched off, whose url and files may be gone', async (t) => {
    const place = await Place.open(t);
    await place.bury('one');
    place.configure('max_bytes = 64KB', 'enable = false', 'tls.cacertfile = "/nowhere/ca.pem"');
    assert.match((await place.letters('--endpoint', 'default')).stdout, /^default: 1 dead letter\n/);
    const cli = await place.letters('--endpoint', 'defauld');
    assert.match(cli.stderr, /hookmq\.conf: there is no endpoint defauld, did you mean default\?\n$/);
  });

  test('where nothing was ever spooled no file is made', async (t) => {
    const place = await Place.open(t);
    const cli = await place.letters();
    assert.equal(cli.stdout, `default: there is no spool at ${place.spool}\n`);
    assert.equal(existsSync(place.spool), false);
    assert.equal(await cli.end(), 0);
  });

  test('an endpoint without a spool has none to show', async (t) => {
    const place = await Place.open(t);
    const cli = await place.letters('--endpoint', 'memory');
    assert.equal(await cli.end(), 1);
    assert.match(cli.stderr, /^hookmq: no endpoint has a spool\.path: [^\n]+\n$/);
  });

  test('--resend and --discard exclude each other', async (t) => {
    const place = await Place.open(t);
    const cli = await place.letters('--resend', '--discard');
    assert.equal(await cli.end(), 2);
    assert.match(cli.stderr, /^hookmq: webhook dead-letters: --resend and --discard exclude each other/);
  });
});
