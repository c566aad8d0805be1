import type { Kind } from '../../config/kind.ts';
import { nearestKey } from '../../config/nearest-key.ts';
import { WEBHOOK_EVENTS } from '../events.ts';

const names = WEBHOOK_EVENTS.map(({ name }) => name);

/**
 * The name of an event, in any case: `on_client_connack`, without `on_`, or as EMQX has it with a dot
 * (`client.connack`). The value is the name of the table.
 */
export function eventName(): Kind<string> {
  const expected = `one of ${names.join(', ')}`;
  return {
    expected,
    read(node, place) {
      if (node.type !== 'scalar') return place.wrong(node, expected);
      const name = fullName(node.text);
      if (names.includes(name)) return name;
      const near = nearestKey(name, names, []);
      return place.wrong(
        node,
        near === undefined ? expected : `an event; did you mean ${near}? There are ${names.join(', ')}`,
      );
    },
  };
}

/** `message.publish`, `MESSAGE_PUBLISH` and `on_message_publish` are all the last of these. */
export function fullName(written: string): string {
  const name = written.toLowerCase().replaceAll('.', '_');
  return name.startsWith('on_') ? name : `on_${name}`;
}
