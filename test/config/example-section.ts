import { boolean, duration, enumeration, integer, list, map, object, text, url } from '../../src/config/kinds.ts';
import { group, refuse, row, section } from '../../src/config/rows.ts';
import type { Infer, Refusal } from '../../src/config/rows.ts';
import { isPlainObject } from '../../src/config/tree.ts';
import type { Plain } from '../../src/config/tree.ts';

const events = ['on_client_connack', 'on_client_disconnected', 'on_message_publish'] as const;

/** A section in the shape of a webhook's: every kind of container, and older names of every sort. */
export const exampleSection = section(
  'webhook',
  {
    enable: row(boolean(), { doc: 'Off without taking the section away.', default: true, legacy: ['web.hook.enable'] }),
    url: row(url({ schemes: ['http', 'https'] }), { doc: 'The endpoint.', required: true, legacy: ['web.hook.url'] }),
    headers: row(map(text()), { doc: 'Sent along.', default: {}, legacy: ['web.hook.headers.<name>'] }),
    body: group({
      encoding: row(enumeration(['plain', 'base64', 'base62']), {
        doc: 'How payloads are written.',
        default: 'plain',
        legacy: ['web.hook.body.encoding_of_payload_field'],
      }),
    }),
    pool_size: row(integer({ min: 1, max: 1024 }), {
      doc: 'Connections.',
      default: 32,
      legacy: ['web.hook.pool_size'],
    }),
    cancel_timeout: row(duration({ bare: 'ms' }), { doc: 'Patience.', default: '5s' }),
    proxy_password: row(text(), { doc: 'A secret.' }),
    events: row(
      list(
        object({
          event: row(enumeration(events), { doc: 'What happened.', required: true }),
          topic: row(text(), { doc: 'Only messages that match this filter.' }),
        }),
      ),
      {
        doc: 'The rules.',
        default: [],
        legacy: [{ name: 'web.hook.rule.<group>.<event>.<n>', convert: ruleOfOldLine }],
      },
    ),
  },
  { doc: 'Tells an HTTP endpoint what happens.', optional: true },
);

export type ExampleConfig = Infer<typeof exampleSection>;

/** `web.hook.rule.message.publish.1 = {"action": "on_message_publish", "topic": "a/#"}`. */
function ruleOfOldLine(value: Plain, captures: Readonly<Record<string, string>>): Plain | Refusal {
  if (!isPlainObject(value)) {
    return refuse('a rule must be a JSON object such as {"action": "on_message_publish", "topic": "a/#"}');
  }
  const event = `on_${captures['group']}_${captures['event']}`;
  const { action = event, ...rest } = value;
  return action === event ? { ...rest, event } : refuse(`the action does not fit the key, which says ${event}`);
}
