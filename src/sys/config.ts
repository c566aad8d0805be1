import type { Kind } from '../config/kind.ts';
import { boolean, checked, duration, enumeration, text } from '../config/kinds.ts';
import { configure } from '../config/load.ts';
import { row, section } from '../config/rows.ts';
import type { Infer } from '../config/rows.ts';
import type { PlainObject } from '../config/tree.ts';

/** The topics below `$SYS/brokers` that are no node's. */
const TAKEN = new Set(['client_status', 'connected', 'disconnected']);

/** The config's section `sys`: what the broker publishes about itself below `$SYS`. */
export const sysSection = section(
  'sys',
  {
    enable: row(boolean(), {
      doc: 'Whether anything is published below $SYS.',
      default: true,
    }),
    interval: row(intervalOrOff(), {
      doc: 'Time between two publications of the values that have changed; `off` (or 0) publishes none.',
      default: '10s',
    }),
    node: row(nodeName(), {
      doc: 'The name of this broker in the topics $SYS/brokers/<node>/...',
      default: 'hookmq@127.0.0.1',
    }),
    presence: row(enumeration(['client_status', 'connected', 'both', 'off']), {
      doc: "Where clients' comings and goings are published: $SYS/brokers/client_status/<clientid>, the older $SYS/brokers/connected and $SYS/brokers/disconnected, both or neither.",
      default: 'client_status',
    }),
  },
  { doc: 'What the broker publishes about itself and its clients below $SYS.' },
);

/** `interval` is in milliseconds, 0 for off. */
export type SysConfig = Infer<typeof sysSection>;

/**
 * The configuration of `attachSys` from a program's settings: what they leave out has its default.
 * @throws {ConfigError} with a line for each wrong or unknown key.
 */
export function sysConfig(settings: PlainObject = {}): SysConfig {
  return configure(sysSection, settings);
}

/** A number without unit is seconds, as Mosquitto's `sys_interval`. */
function intervalOrOff(): Kind<number> {
  const span = duration({ min: 1000, max: 86_400_000, bare: 's' });
  return {
    expected: `${span.expected}, or off`,
    read: (node, place) =>
      node.type === 'scalar' && /^(?:off|0+(?:ms|s|m|h|d)?)$/i.test(node.text) ? 0 : span.read(node, place),
  };
}

function nodeName(): Kind<string> {
  return checked(text('a name such as hookmq@127.0.0.1'), (name) => {
    if (!/^[^/+#\0]{1,256}$/.test(name)) return 'must be one topic level: no / + # and at most 256 characters';
    return TAKEN.has(name) ? `$SYS/brokers/${name} is the topic of something else` : null;
  });
}
