import { WEBHOOK_EVENTS, type WebhookEvent } from '../../../src/webhook/events.ts';
import { actionOf, keysOf } from '../../../src/webhook/events/formats.ts';
import type { KeyValue } from '../../../src/webhook/events/key.ts';
import { sampleRecord } from '../../../src/webhook/events/samples.ts';
import { EventTexts } from '../../../src/webhook/events/event-text.ts';
import type { BodyFormat } from '../../../src/webhook/settings.ts';
import { endpointSettings } from '../endpoint.ts';

/** When the examples happened. */
const EXAMPLE_TIME = Date.UTC(2026, 3, 22, 6, 34, 27, 123);
const RUN = 'mo9rzyg8k3v0qd';

const texts = (format: BodyFormat) =>
  new EventTexts(endpointSettings({ body: { format, source: 'hookmq@gateway-7' } }));

const writers: Readonly<Record<BodyFormat, EventTexts>> = {
  nanomq: texts('nanomq'),
  emqx4: texts('emqx4'),
  cloudevents: texts('cloudevents'),
};

const INTRODUCTION = `Keys that come later are added at the end; receivers should ignore what they do not know. The examples
are what \`hookmq webhook test\` sends. In a batch each body of \`nanomq\` and \`emqx4\` also has, at its end, \`event_id\`,
\`seq\` and \`client_seq\`, which single requests have as headers.

With \`format = emqx4\` bodies are as EMQX 4.2 sends them: \`node\` in each, \`null\` for a user name that is not there,
times in milliseconds, nothing of certificates, keys in the alphabet's order, backwards. Three things differ: a payload that is
not UTF-8 goes as base64 and says so in \`payload_encoding\`, where EMQX would corrupt it; \`opts\` of \`session_subscribed\` has no
\`is_new\`; and \`client_connack\` comes before \`client_connected\`, not after it.`;

const CLOUD_EVENTS = `With \`format = cloudevents\` the body of \`nanomq\` is the \`data\` of a CloudEvent (1.0, structured mode). \`id\` stays
what it is in every attempt; \`subject\` is the topic of a message, else the client id, with characters that CloudEvents
forbid (control characters, noncharacters) as in URLs: \`%0A\`. \`sequence\` and \`clientsequence\` count the events of an
endpoint and of its client in one run of the broker, as texts that sort like numbers; \`run\` is that run.`;

/** The part of docs/webhooks.md between the markers of events: what the table that the code uses says of each. */
export function eventTables(): string {
  return [INTRODUCTION, ...WEBHOOK_EVENTS.map(sectionOf), '### As CloudEvents', CLOUD_EVENTS, cloudEventExample()].join(
    '\n\n',
  );
}

function sectionOf(event: WebhookEvent): string {
  return [
    `### \`${event.name}\``,
    event.moment,
    [
      '| key | type | value |',
      '|---|---|---|',
      ...keysOf(event, 'nanomq').map(([name, value]) => `| \`${name}\` | ${value.type} | ${docOf(event, value)} |`),
    ].join('\n'),
    block(JSON.stringify(JSON.parse(example(event, 'nanomq')), null, 2)),
    `With \`format = emqx4\`${differencesOf(event)}:`,
    block(example(event, 'emqx4')),
  ].join('\n\n');
}

/** What EMQX has otherwise, but for what the introduction says: ` (no `ipaddress`; `clientid`: ...)`. */
function differencesOf(event: WebhookEvent): string {
  const without = event.keys
    .filter(({ name, emqx4 }) => emqx4 === null && !name.startsWith('cert_'))
    .map(({ name }) => `no \`${name}\``);
  const others = event.keys.flatMap(({ name, nanomq, emqx4 }) =>
    emqx4 === null || emqx4 === nanomq || emqx4.doc === '' ? [] : [`\`${name}\`: ${emqx4.doc}`],
  );
  const all = [...without, ...others].join('; ');
  return all === '' ? '' : ` (${all})`;
}

function docOf(event: WebhookEvent, { doc }: KeyValue): string {
  return doc.replace('<action>', actionOf(event));
}

/** A sample of the event as it is sent. */
function example({ name }: WebhookEvent, format: BodyFormat): string {
  return writers[format].text({ id: 1, lane: 1, run: RUN, record: sampleRecord(name, EXAMPLE_TIME) });
}

function block(json: string): string {
  return `\`\`\`json\n${json}\n\`\`\``;
}

function cloudEventExample(): string {
  const publish = WEBHOOK_EVENTS.find(({ name }) => name === 'on_message_publish');
  if (publish === undefined) throw new Error('no event to show');
  return block(JSON.stringify(JSON.parse(example(publish, 'cloudevents')), null, 2));
}
