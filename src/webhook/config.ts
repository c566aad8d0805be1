import type { Kind } from '../config/kind.ts';
import {
  boolean,
  checked,
  duration,
  enumeration,
  integer,
  list,
  map,
  object,
  size,
  text,
  url,
} from '../config/kinds.ts';
import { configure } from '../config/load.ts';
import { group, refuse, row, section } from '../config/rows.ts';
import type { Infer, Refusal } from '../config/rows.ts';
import { isPlainObject } from '../config/tree.ts';
import type { Plain, PlainObject } from '../config/tree.ts';
import { validateFilter } from '../topics/filter.ts';
import { WEBHOOK_EVENTS } from './events.ts';
import { PAYLOAD_ENCODINGS } from './payload.ts';

/** The config's section `webhook`: NanoMQ's keys, and how much may wait. */
export const webhookSection = section(
  'webhook',
  {
    enable: row(boolean(), {
      doc: 'Whether events are sent; `false` switches them off without taking the section away.',
      default: true,
      legacy: ['web.hook.enable'],
    }),
    url: row(endpointUrl(), {
      doc: 'The endpoint: every event is a POST request to this URL.',
      required: true,
      secret: true,
      legacy: ['web.hook.url'],
    }),
    headers: row(requestHeaders(), {
      doc: 'Headers of each request. Without a `content-type` it is `application/json`.',
      default: {},
      secret: true,
      legacy: ['web.hook.headers.<name>'],
    }),
    body: group({
      encoding: row(enumeration(PAYLOAD_ENCODINGS), {
        doc: 'How payloads are written; `plain` falls back to base64 for one that is not UTF-8, `base62` for one above 256 KB, and say so.',
        default: 'plain',
        legacy: ['web.hook.body.encoding_of_payload_field'],
      }),
    }),
    pool_size: row(integer({ min: 1, max: 1024 }), {
      doc: 'Connections to the endpoint, each with one request at a time.',
      default: 32,
      legacy: ['web.hook.pool_size'],
    }),
    cancel_timeout: row(duration({ min: 1, max: 3_600_000, bare: 'ms' }), {
      doc: 'How long connecting may take, and how long a request from its first byte sent until the answer begins.',
      default: '5s',
      legacy: ['web.hook.cancel_timeout'],
    }),
    events: row(
      list(
        object({
          event: row(enumeration(WEBHOOK_EVENTS.map(({ name }) => name)), {
            doc: 'The event that is sent.',
            required: true,
          }),
          topic: row(topicFilter(), {
            doc: 'Only messages whose topic this filter matches; without it, all but those below $SYS.',
          }),
        }),
      ),
      {
        doc: 'What is sent. An event that several entries match is sent once.',
        default: [],
        legacy: [{ name: 'web.hook.rule.<group>.<event>.<number>', convert: ruleOfOldLine }],
      },
    ),
    spool: group({
      max_bytes: row(size({ min: 64 * 1024, max: 2 ** 30 }), {
        doc: 'Memory for events that wait to be sent; beyond it the newest are dropped and counted.',
        default: '64MB',
      }),
    }),
  },
  { doc: 'Tells an HTTP endpoint what happens.', optional: true, switch: 'enable' },
);

export type WebhookConfig = Infer<typeof webhookSection>;

/** The keys of the section `webhook`, as a program gives them: `{ url, events: [{ event, topic }] }` and what else. */
export interface WebhookSettings extends PlainObject {
  readonly url: string;
}

/**
 * The configuration of a webhook from a program's settings: what they leave out has its default.
 * @throws {ConfigError} with a line for each wrong or unknown key.
 */
export function webhookConfig(settings: WebhookSettings): WebhookConfig {
  return configure(webhookSection, settings);
}

function endpointUrl(): Kind<string> {
  const kind = url({ schemes: ['http', 'https'] });
  return checked(kind, (value) => {
    const { username, password } = new URL(value);
    return username === '' && password === ''
      ? null
      : 'must not have a user name and password; put them into headers.authorization';
  });
}

/** Headers that belong to the HTTP client. */
const RESERVED_HEADERS = /^(?:content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function requestHeaders(): Kind<Readonly<Record<string, string>>> {
  return checked(map(text()), (headers) => {
    const names = new Set<string>();
    for (const [name, value] of Object.entries(headers)) {
      if (RESERVED_HEADERS.test(name)) return `the header ${name} cannot be set`;
      if (!HEADER_NAME.test(name)) return `${JSON.stringify(name)} is not a header's name`;
      if (names.has(name.toLowerCase())) return `the header ${name} is there twice, in different case`;
      names.add(name.toLowerCase());
      if (!HEADER_VALUE.test(value)) return `the value of ${name} has characters that a header cannot have`;
    }
    return null;
  });
}

function topicFilter(): Kind<string> {
  return checked(text('a topic filter'), (filter) =>
    filter.startsWith('$share/') ? 'a rule takes a topic filter without $share' : validateFilter(filter),
  );
}

/** `web.hook.rule.message.publish.1 = {"action": "on_message_publish", "topic": "a/#"}`: the key names the event. */
function ruleOfOldLine(value: Plain, captures: Readonly<Record<string, string>>): Plain | Refusal {
  if (!isPlainObject(value))
    return refuse('must be a JSON object such as {"action": "on_message_publish", "topic": "a/#"}');
  const event = `on_${captures['group']}_${captures['event']}`;
  const { action = event, ...rest } = value;
  if (typeof action === 'string' && action.toLowerCase() === event.toLowerCase()) return { ...rest, event };
  return refuse(`the action ${JSON.stringify(action)} is not that of the key, ${event}`);
}
