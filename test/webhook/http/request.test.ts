import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { RequestMaker } from '../../../src/webhook/http/request.ts';
import { endpointSettings, type EndpointFields } from '../endpoint.ts';

const IDS = { id: 'run-17', event: 'message_publish', run: 'run', sequence: 17, clientSequence: 4 };
const NOW = 1_650_609_267_999;

/** What a maker with these settings makes of some bodies. */
function made(fields: EndpointFields, texts = ['{"a":"ä"}'], attempt = 1) {
  const { headers, body } = new RequestMaker(endpointSettings(fields), '1.2.3').make(texts, IDS, attempt, NOW);
  const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []));
  return { pairs, headers: Object.fromEntries(pairs), body };
}

const BATCH = { maxEvents: 100 };

suite('a request', () => {
  test('of one event has its body as it is, and says what and whose it is', () => {
    const { headers, body } = made({}, undefined, 3);
    assert.equal(body.toString(), '{"a":"ä"}');
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      'user-agent': 'hookmq/1.2.3',
      'webhook-id': 'run-17',
      'webhook-timestamp': '1650609267',
      'hookmq-run': 'run',
      'hookmq-sequence': '17',
      'hookmq-attempt': '3',
      'hookmq-event': 'message_publish',
      'hookmq-client-sequence': '4',
    });
  });

  test('of a batch is a JSON array, and says how many', () => {
    const { headers, body } = made({ batch: BATCH }, ['{"a":1}', '{"b":"ü"}', '3']);
    assert.deepEqual(JSON.parse(body.toString()), [{ a: 1 }, { b: 'ü' }, 3]);
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      'user-agent': 'hookmq/1.2.3',
      'webhook-id': 'run-17',
      'webhook-timestamp': '1650609267',
      'hookmq-run': 'run',
      'hookmq-sequence': '17',
      'hookmq-attempt': '1',
      'hookmq-batch-size': '3',
    });
  });

  test('of a batch of one is an array, too', () => {
    const { headers, body } = made({ batch: BATCH });
    assert.equal(body.toString(), '[{"a":"ä"}]');
    assert.equal(headers['hookmq-batch-size'], '1');
  });

  test('of lines has one event on each', () => {
    const { headers, body } = made({ batch: { ...BATCH, layout: 'lines' } }, ['{"a":1}', '{"b":2}']);
    assert.equal(body.toString(), '{"a":1}\n{"b":2}\n');
    assert.equal(headers['content-type'], 'application/x-ndjson');
  });

  test('without batches is JSON whatever their layout would be', () => {
    const { headers, body } = made({ batch: { layout: 'lines' } });
    assert.deepEqual([headers['content-type'], body.toString()], ['application/json', '{"a":"ä"}']);
  });

  test('of CloudEvents has their types; a batch of them is an array always', () => {
    const body = { format: 'cloudevents' } as const;
    assert.equal(made({ body }).headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    const batch = made({ body, batch: { ...BATCH, layout: 'lines' } }, ['{"id":"1"}', '{"id":"2"}']);
    assert.equal(batch.headers['content-type'], 'application/cloudevents-batch+json; charset=utf-8');
    assert.equal(batch.body.toString(), '[{"id":"1"},{"id":"2"}]');
  });

  test("has the user's headers, which replace its own once, whatever their case", () => {
    const { pairs } = made({ headers: ['Content-Type', 'text/x', 'X-Key', 'k', 'User-Agent', 'me'] });
    assert.deepEqual(
      pairs.filter(([name]) => /^(?:content-type|user-agent|x-key)$/i.test(name)),
      [
        ['Content-Type', 'text/x'],
        ['X-Key', 'k'],
        ['User-Agent', 'me'],
      ],
    );
  });

  test('is compressed from `gzip_above` bytes on', () => {
    const text = 'x'.repeat(1000);
    const small = made({ body: { gzipAbove: 1001 } }, [text]);
    assert.equal(small.body.toString(), text);
    assert.equal('content-encoding' in small.headers, false);
    const large = made({ body: { gzipAbove: 1000 } }, [text]);
    assert.equal(large.headers['content-encoding'], 'gzip');
    assert.ok(large.body.length < 100);
    assert.equal(gunzipSync(large.body).toString(), text);
  });

  test('does not keep anything of the one before', () => {
    const maker = new RequestMaker(endpointSettings({ batch: BATCH }), '1.2.3');
    const first = maker.make(['1', '2'], IDS, 1, NOW);
    const headers = [...first.headers];
    const second = maker.make(['3'], { ...IDS, id: 'run-18' }, 2, NOW + 1000);
    assert.deepEqual(first.headers, headers);
    assert.equal(first.body.toString(), '[1,2]');
    assert.equal(second.headers.length, first.headers.length);
    assert.equal(second.body.toString(), '[3]');
  });
});
