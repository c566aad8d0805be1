import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { RequestMaker } from '../../../src/webhook/http/request.ts';
import type { HttpRequest } from '../../../src/webhook/http/transport.ts';
import { startReceiver } from '../../kit/receiver.ts';
import { endpointSettings, type EndpointFields } from '../endpoint.ts';
import { TestTransport } from './transport-kit.ts';

const IDS = { id: 'run-17', event: 'message_publish', run: 'run', sequence: 17, clientSequence: 4 };
const BODY = '{"payload":"grüße 🚀 \\u0000"}';

function signed(secrets: readonly Uint8Array[], fields: EndpointFields = {}): HttpRequest {
  return new RequestMaker(endpointSettings({ ...fields, secrets }), '1.0.0').make([BODY], IDS, 1, Date.now());
}

function headersOf({ headers }: HttpRequest): Record<string, string> {
  const names = headers.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, headers[index * 2 + 1] ?? '']));
}

/** What a receiver has: `whsec_` and base64. */
function verifier(secret: Uint8Array): Webhook {
  return new Webhook(`whsec_${Buffer.from(secret).toString('base64')}`);
}

suite('signatures, as the package of Standard Webhooks verifies them', () => {
  for (const size of [24, 32, 64]) {
    test(`with a secret of ${size} bytes`, () => {
      const secret = randomBytes(size);
      const request = signed([secret]);
      assert.deepEqual(verifier(secret).verify(request.body.toString(), headersOf(request)), JSON.parse(BODY));
    });
  }

  test('with two secrets: whoever knows one of them, and nobody else', () => {
    const [young, old, foreign] = [randomBytes(24), randomBytes(32), randomBytes(24)];
    const request = signed([young, old]);
    const headers = headersOf(request);
    assert.equal(headers['webhook-signature']?.split(' ').length, 2);
    assert.deepEqual(verifier(young).verify(request.body.toString(), headers), JSON.parse(BODY));
    assert.deepEqual(verifier(old).verify(request.body.toString(), headers), JSON.parse(BODY));
    assert.throws(() => verifier(foreign).verify(request.body.toString(), headers), WebhookVerificationError);
    const [newest = ''] = headers['webhook-signature']?.split(' ') ?? [];
    assert.ok(verifier(young).verify(request.body.toString(), { ...headers, 'webhook-signature': newest }));
  });

  test('do not fit another body, id or time', () => {
    const secret = randomBytes(24);
    const request = signed([secret]);
    const headers = headersOf(request);
    const webhook = verifier(secret);
    const body = request.body.toString();
    assert.ok(webhook.verify(body, headers));
    assert.throws(() => webhook.verify(`${body} `, headers), WebhookVerificationError);
    assert.throws(() => webhook.verify(body, { ...headers, 'webhook-id': 'run-18' }), WebhookVerificationError);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    assert.throws(() => webhook.verify(body, { ...headers, 'webhook-timestamp': later }), WebhookVerificationError);
  });

  test('are of the body before it was compressed', () => {
    const secret = randomBytes(24);
    const request = signed([secret], { body: { gzipAbove: 1 } });
    const headers = headersOf(request);
    assert.equal(headers['content-encoding'], 'gzip');
    assert.notEqual(request.body.toString(), BODY);
    assert.ok(verifier(secret).verify(BODY, headers));
  });

  test('are there only with a secret', () => {
    assert.equal('webhook-signature' in headersOf(signed([])), false);
  });

  test('arrive', async () => {
    const secret = randomBytes(24);
    await using receiver = await startReceiver();
    await using transport = new TestTransport(receiver.url);
    const { headers, body } = signed([secret]);
    assert.equal((await transport.send(body, headers)).status, 200);
    const [request] = receiver.requests;
    assert.ok(verifier(secret).verify(request?.text ?? '', { ...request?.headers }));
  });
});
