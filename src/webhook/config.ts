import { boolean } from '../config/kinds.ts';
import { configure } from '../config/load.ts';
import { namedSection, row, section } from '../config/rows.ts';
import type { Row, Values } from '../config/rows.ts';
import { connectionRows } from './config/connection-rows.ts';
import { deliveryRows } from './config/delivery-rows.ts';
import { checkEndpoint, checkSpools } from './config/endpoint-check.ts';
import { requestRows } from './config/request-rows.ts';
import { ruleRows } from './config/rule-rows.ts';
import type { WebhookSettings } from './config/webhook-settings.ts';

export type { WebhookEventName, WebhookSettings } from './config/webhook-settings.ts';

const endpointRows = {
  enable: row(boolean(), {
    doc: 'Whether events are sent; `false` switches the endpoint off without taking it away.',
    default: true,
    legacy: ['web.hook.enable'],
  }),
  ...requestRows,
  ...ruleRows,
  ...connectionRows,
  ...deliveryRows,
};

/** One endpoint: sizes in bytes, durations in milliseconds, no bound as Infinity; what is undefined has its default later. */
export type WebhookConfig = Values<typeof endpointRows>;

const doc = 'Tells an HTTP endpoint what happens.';

/** The config's section `webhook`: one endpoint with its keys directly, more of them below a name each. */
export const webhookSection = namedSection('webhook', endpointRows, {
  doc,
  switch: 'enable',
  check(endpoints, problem) {
    for (const [name, config] of Object.entries(endpoints)) {
      checkEndpoint(config, (path, message) => {
        problem([name, ...path], message);
      });
    }
    checkSpools(endpoints, problem);
  },
});

const urlOrNone: Row<string | undefined> = { ...endpointRows.url, required: false };

/** What endpoints have in a file, whether they are enabled or not: for those who look after their spools. */
export const keptEndpointsSection = namedSection(
  'webhook',
  { ...endpointRows, url: urlOrNone },
  { doc, switch: 'enable', keepsOff: true },
);

/**
 * The configuration of one endpoint from a program's settings: what they leave out has its default.
 * @throws {ConfigError} with a line for each wrong or unknown key.
 */
export function webhookConfig(settings: WebhookSettings): WebhookConfig {
  return configure(section('webhook', endpointRows, { doc, check: checkEndpoint }), settings);
}
