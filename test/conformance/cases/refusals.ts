import assert from 'node:assert/strict';
import { ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** The codes that PUBACK and PUBREC may carry (5.0, tables 3-4 and 3-5). */
const REFUSALS = [
  'unspecified_error',
  'implementation_specific_error',
  'not_authorized',
  'topic_name_invalid',
  'packet_identifier_inuse',
  'quota_exceeded',
  'payload_format_invalid',
] as const satisfies readonly ReasonName[];

/** Denies every message with the reason that is its payload. */
function denyAsAsked(scene: Scene, text?: string): void {
  scene.broker.hook('message.publish', ({ payload }) => {
    const deny = payload.toString() as ReasonName;
    return text === undefined ? { deny } : { deny, text };
  });
}

/** What the broker answers to a message at this QoS. */
async function answerTo(client: Client, payload: string, qos: 1 | 2): Promise<{ code: number; text?: string }> {
  client.publish('t', payload, { qos, packetId: 9 });
  const { packetId, reasonCode, properties: list } = await client.next(qos === 1 ? 'puback' : 'pubrec');
  assert.equal(packetId, 9);
  return { code: reasonCode, ...(list?.reasonString !== undefined && { text: list.reasonString }) };
}

type Answer = readonly [section: '3.4.2' | '3.5.2', name: string, qos: 1 | 2];
const ANSWERS: readonly Answer[] = [
  ['3.4.2', 'PUBACK', 1],
  ['3.5.2', 'PUBREC', 2],
];

/** The rules that PUBACK and PUBREC have in common. */
const commonCases = ANSWERS.flatMap(([section, name, qos]) => [
  statement(
    [`5.0:MQTT-${section}-1`],
    `${name} has 0x00 where somebody gets the message, 0x10 where nobody does`,
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      assert.equal((await answerTo(client, '', qos)).code, 0x10);
      if (qos === 2) {
        client.ack('pubrel', 9);
        await client.next('pubcomp');
      }
      const witness = await scene.connect();
      await witness.subscribe('t');
      assert.equal((await answerTo(client, '', qos)).code, 0);
    },
  ),
  statement(
    [`5.0:MQTT-${section}-1`],
    `${name} carries every code of a hook that it may carry, and 0x87 in place of the others`,
    ONLY_5,
    async (scene) => {
      denyAsAsked(scene);
      const client = await scene.connect();
      await each(REFUSALS, async (reason) =>
        assert.equal((await answerTo(client, reason, qos)).code, ReasonCode[reason]),
      );
      const others = Object.keys(ReasonCode).filter((reason) => !(REFUSALS as readonly string[]).includes(reason));
      await each(others, async (reason) => assert.equal((await answerTo(client, reason, qos)).code, 0x87));
    },
  ),
  statement(
    [`5.0:MQTT-${section}-2`],
    `${name} with a Reason String that would make it too large for the client comes without, one that fits with it`,
    ONLY_5,
    async (scene) => {
      denyAsAsked(scene, 'x'.repeat(20));
      // First byte, length, identifier, code, property length, property identifier and length of the text.
      const size = 2 + 2 + 1 + 1 + 3 + 20;
      await each([0, 1], async (missing) => {
        const client = await scene.connect({ properties: { maximumPacketSize: size - missing } });
        assert.deepEqual(await answerTo(client, 'quota_exceeded', qos), {
          code: 0x97,
          ...(missing === 0 && { text: 'x'.repeat(20) }),
        });
        await client.expectNothing();
      });
    },
  ),
]);

/** The reason codes of PUBACK and PUBREC (5.0, sections 3.4.2 and 3.5.2). */
export const refusalCases: readonly Case[] = [
  ...commonCases,
  statement(
    ['5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1'],
    'a topic of too many levels or bytes is answered with 0x90, in PUBACK, PUBREC or DISCONNECT',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      await each(['a/b/c/d', 'x'.repeat(31)], (topic) =>
        each([1, 2] as const, async (qos) => {
          const client = await scene.connect();
          client.publish(topic, '', { qos });
          const answer = await client.nextBytes();
          assert.equal(answer.includes(0x90, 2), true, answer.toString('hex'));
        }),
      );
      await witness.expectNothing();
    },
    { broker: { maxTopicLevels: 3, maxTopicLength: 30 } },
  ),
];
