import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { Client } from '../../../src/broker/client.ts';
import type { BrokerEvents, EventName } from '../../../src/broker/events.ts';
import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import { sampleRecord } from '../../../src/webhook/events/samples.ts';
import { EventTexts } from '../../../src/webhook/events/event-text.ts';
import { PAYLOAD_ENCODINGS } from '../../../src/webhook/events/payload.ts';
import { BODY_FORMATS } from '../../../src/webhook/settings.ts';
import { decodePayload } from './decode.ts';
import { endpointSettings } from '../endpoint.ts';
import { EXPECTED } from './expected-bodies.ts';
import { client, message, type FakeBroker } from '../scene.ts';
import { recordsOf, RUN, textsOf, TIME } from './texts.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const qos = fc.constantFrom(0, 1, 2);
const anyClient = fc
  .record({
    clientId: name,
    clientIdAssigned: fc.boolean(),
    username: fc.option(text, { nil: undefined }),
    protocolVersion: fc.constantFrom(3, 4, 5),
    keepAlive: fc.integer({ min: 0, max: 65_535 }),
    remoteAddress: fc.constantFrom('127.0.0.1', '2001:db8::1', ''),
    certificate: fc.option(fc.record({ commonName: text, subject: text })),
  })
  .map(({ clientId, ...fields }) => client(clientId, fields));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  text.map((value) => Buffer.from(value)),
);
const anyMessage = fc
  .record({
    topic: name,
    payload,
    qos,
    retain: fc.boolean(),
    publisher: fc.option(anyClient),
    timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  })
  .map(message);
const filter = fc
  .record({ share: fc.option(fc.constantFrom('g', 'Gruppe ü')), topic: name })
  .map(({ share, topic }) => (share === null ? topic : `$share/${share}/${topic}`));
const options = fc.record({
  qos,
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom(0, 1, 2),
  subscriptionId: fc.constantFrom(0, 1, 268_435_455),
});

/** Any facts of each event. */
const FACTS: { readonly [K in EventName]: fc.Arbitrary<BrokerEvents[K]> } = {
  'client.connect': fc.tuple(anyClient),
  'client.connack': fc.tuple(anyClient, fc.constantFrom('success', 'banned')),
  'client.connected': fc.tuple(anyClient, fc.boolean()),
  'client.disconnected': fc.tuple(anyClient, fc.constantFrom('normal', 'tcp_closed')),
  'client.subscribe': fc.tuple(anyClient, filter, options),
  'client.unsubscribe': fc.tuple(anyClient, filter),
  'session.created': fc.tuple(anyClient),
  'session.resumed': fc.tuple(anyClient),
  'session.takenover': fc.tuple(anyClient),
  'session.discarded': fc.tuple(anyClient),
  'session.terminated': fc.tuple(anyClient, fc.constantFrom('expired', 'normal')),
  'session.subscribed': fc.tuple(anyClient, filter, options),
  'session.unsubscribed': fc.tuple(anyClient, filter),
  'message.published': fc.tuple(anyMessage),
  'message.delivered': fc.tuple(anyMessage, anyClient, qos, fc.boolean()),
  'message.acked': fc.tuple(anyMessage, anyClient, qos, fc.boolean()),
  'message.dropped': fc.tuple(anyMessage, fc.option(anyClient), fc.constantFrom('queue_full', 'expired')),
};

const formatsAndEncodings = BODY_FORMATS.flatMap((format) =>
  PAYLOAD_ENCODINGS.map((encoding) => ({ format, encoding, source: 'hookmq@test' })),
);

/** Facts of an event in every format and encoding must be what they were. */
function holds<K extends EventName>(on: K, facts: BrokerEvents[K]): void {
  for (const body of formatsAndEncodings) {
    const [json = ''] = textsOf((broker) => broker.tell(on, ...facts), { body });
    const whole: { data?: object } = JSON.parse(json);
    const found = body.format === 'cloudevents' ? (whole.data ?? {}) : whole;
    const expected = EXPECTED[on](...facts)[body.format === 'emqx4' ? 'emqx4' : 'nanomq'];
    const { payload: _payload, payload_encoding: _said, ...others } = found as Record<string, unknown>;
    assert.deepEqual(others, expected);
    const [first] = facts;
    if ('payload' in first)
      assert.deepEqual(decodePayload(found, body.encoding, body.format), Buffer.from(first.payload));
  }
}

function checkAll(on: EventName): void {
  const anyFacts: fc.Arbitrary<BrokerEvents[EventName]> = FACTS[on];
  fc.assert(
    fc.property(anyFacts, (facts) => holds(on, facts)),
    { numRuns: 50 },
  );
}

suite('what was told is what arrives, in every format and encoding:', () => {
  for (const { name: event, on } of WEBHOOK_EVENTS) test(event, () => checkAll(on));
});

/** What is hard on the way, in every event of messages. */
function tellAll(broker: FakeBroker, hard: ReturnType<typeof message>, receiver: Client): void {
  broker.tell('message.published', hard);
  broker.tell('message.delivered', hard, receiver, 1, false);
  broker.tell('message.acked', hard, receiver, 1, false);
  broker.tell('message.dropped', hard, receiver, 'too_large');
}

suite('hard ones', () => {
  const binary = Buffer.from(Array.from({ length: 64 * 1024 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
  const payloads: readonly (readonly [string, Buffer])[] = [
    ['64 KB of bytes', binary],
    ['none', Buffer.alloc(0)],
    ['NULs', Buffer.alloc(3)],
    ['text with NULs', Buffer.from('a\0b\0')],
    ['invalid UTF-8', Buffer.of(0x53, 0x80, 0x53)],
    ['half a character', Buffer.from('ü').subarray(0, 1)],
    ['a byte order mark', Buffer.from('\ufeffa')],
    ['text', Buffer.from('"\\\n\u2028 ü \u{1f41d}'.repeat(1000))],
  ];
  const odd = 'quote " line\n\r\t back\\slash \u{1f41d} ü \u0001 \u2028';
  const topic = odd + 'ü'.repeat(Math.floor((65_535 - Buffer.byteLength(odd)) / 2));
  const receiver = client(`${odd}r`, { username: `${odd}${'\u{1f41d}'.repeat(10_000)}` });
  for (const [what, bytes] of payloads) {
    test(`payload: ${what}`, () => {
      const hard = message({ topic, payload: bytes, publisher: client(odd, { username: odd }) });
      for (const body of formatsAndEncodings) {
        const bodies = textsOf((broker) => tellAll(broker, hard, receiver), { body });
        assert.equal(bodies.length, 4);
        let said: unknown;
        for (const json of bodies) {
          const whole: { data?: object } = JSON.parse(json);
          const { topic: sent, from_username: user, ...found } = (whole.data ?? whole) as Record<string, unknown>;
          assert.equal(sent, topic);
          assert.equal(user, odd);
          // To decode base62 takes long; one of the four is enough when they are the same.
          said ??= found['payload'];
          if (found['payload'] !== said || json === bodies[0])
            assert.ok(decodePayload(found, body.encoding, body.format).equals(bytes), body.format);
          if ('username' in found) assert.equal(found['username'], receiver.username);
        }
      }
    });
  }

  test('a message of nobody for nobody, and what could be no subject', () => {
    const [json = ''] = textsOf(
      (broker) => {
        broker.tell('message.dropped', message({ publisher: null, topic: 't' }), null, 'expired');
      },
      { body: { format: 'cloudevents' } },
    );
    const { subject, data } = JSON.parse(json);
    assert.equal(subject, 't');
    assert.deepEqual([data.clientid, data.username, data.from_client_id], [null, null, null]);
    const others = textsOf(
      (broker) => {
        broker.tell('session.created', client(''));
        broker.publish({ topic: '' });
      },
      { body: { format: 'cloudevents' } },
    );
    assert.equal(others.length, 2);
    for (const other of others) assert.ok(!('subject' in JSON.parse(other)), other);
  });
});

suite('EventTexts', () => {
  test('tells of the last event what its request needs', () => {
    const texts = new EventTexts(endpointSettings());
    const long = message({ payload: Buffer.alloc(10_000), publisher: client('a client with a long id') });
    const [first = '', second = ''] = recordsOf((broker) => {
      broker.tell('message.published', long);
      broker.publish({ publisher: null });
    });
    const told = (record: string) => {
      const event = { id: 1, lane: 1, run: RUN, record };
      texts.text(event);
      const { name: own, clientId, sequence, clientSequence, time } = texts;
      return [texts.id(event), own, clientId, sequence, clientSequence, time];
    };
    assert.deepEqual(told(first), ['evt_k3v0qd_1', 'on_message_publish', 'a client with a long id', 1, 101, TIME]);
    assert.deepEqual(told(second), ['evt_k3v0qd_2', 'on_message_publish', '', 2, 102, TIME]);
  });

  test('refuses what is no record', () => {
    const texts = new EventTexts(endpointSettings());
    const [whole = ''] = recordsOf((broker) => broker.publish());
    const wrong = ['', 'x', '\0'.repeat(100), whole.slice(0, -1), `${whole.slice(0, 4)}\xff${whole.slice(5)}`];
    for (const record of wrong) {
      const event = { id: 1, lane: 1, run: RUN, record };
      assert.throws(() => texts.text(event), RangeError, JSON.stringify(record));
      const shown = texts.show(event);
      assert.deepEqual({ ...shown, text: '' }, { eventId: '', event: '', clientId: '', text: '' });
      assert.match(shown.text, /^\(.+\)$/);
    }
    const shown = texts.show({ id: 1, lane: 1, run: RUN, record: whole });
    assert.deepEqual(shown, {
      eventId: 'evt_k3v0qd_1',
      event: 'on_message_publish',
      clientId: 'nanomq-6ecb0b61',
      text: texts.text({ id: 1, lane: 1, run: RUN, record: whole }),
    });
  });

  test('has a sample of each event', () => {
    const texts = new EventTexts(endpointSettings());
    for (const event of WEBHOOK_EVENTS) {
      const body = JSON.parse(texts.text({ id: 1, lane: 1, run: RUN, record: sampleRecord(event.name, TIME) }));
      assert.equal(`on_${body.action}`, event.name);
      assert.deepEqual([texts.name, texts.sequence, texts.clientSequence, texts.time], [event.name, 1, 1, TIME]);
    }
    assert.throws(() => sampleRecord('on_nothing', TIME), RangeError);
  });
});

suite('the table', () => {
  test('has numbers and names once', () => {
    assert.equal(WEBHOOK_EVENTS.length, 17);
    for (const field of ['id', 'name', 'on'] as const)
      assert.equal(new Set(WEBHOOK_EVENTS.map((event) => event[field])).size, WEBHOOK_EVENTS.length, field);
  });

  test('never gives a number to another event: records in spools have them', () => {
    assert.deepEqual(
      WEBHOOK_EVENTS.map(({ id, name: own }) => `${id} ${own}`).toSorted((a, b) => parseInt(a, 10) - parseInt(b, 10)),
      [
        '1 on_client_connack',
        '2 on_client_disconnected',
        '3 on_message_publish',
        '4 on_client_connect',
        '5 on_client_connected',
        '6 on_client_subscribe',
        '7 on_client_unsubscribe',
        '8 on_session_created',
        '9 on_session_resumed',
        '10 on_session_takenover',
        '11 on_session_discarded',
        '12 on_session_subscribed',
        '13 on_session_unsubscribed',
        '14 on_session_terminated',
        '15 on_message_delivered',
        '16 on_message_acked',
        '17 on_message_dropped',
      ],
    );
  });
});
