import { resolve } from 'node:path';
import { boolean } from '../config/kinds.ts';
import { configure } from '../config/load.ts';
import { namedSection, row, section } from '../config/rows.ts';
import type { ProblemTold, Values } from '../config/rows.ts';
import type { PlainObject } from '../config/tree.ts';
import { connectionRows } from './config/connection-rows.ts';
import { deliveryRows } from './config/delivery-rows.ts';
import { requestRows } from './config/request-rows.ts';
import { ruleRows } from './config/rule-rows.ts';

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

/** The keys of one endpoint, as a program gives them: `{ url, events: [{ event, topic }] }` and what else. */
export interface WebhookSettings extends PlainObject {
  readonly url: string;
}

/**
 * The configuration of one endpoint from a program's settings: what they leave out has its default.
 * @throws {ConfigError} with a line for each wrong or unknown key.
 */
export function webhookConfig(settings: WebhookSettings): WebhookConfig {
  return configure(section('webhook', endpointRows, { doc, check: checkEndpoint }), settings);
}

/** More memory than this is a mistake. */
const MOST_MEMORY = 2 ** 30;

function checkEndpoint({ tls, retry, spool }: WebhookConfig, problem: ProblemTold): void {
  if (tls.certfile !== undefined && tls.keyfile === undefined)
    problem(['tls', 'keyfile'], 'missing; certfile needs the private key of the certificate');
  if (tls.certfile === undefined && tls.keyfile !== undefined)
    problem(['tls', 'certfile'], 'missing; keyfile needs the certificate that it is the key of');
  if (retry.first_delay > retry.max_delay) problem(['retry', 'first_delay'], 'must not be more than retry.max_delay');
  if (spool.path === undefined && spool.max_bytes !== undefined && spool.max_bytes > MOST_MEMORY)
    problem(['spool', 'max_bytes'], 'more than 1GB needs a file: set spool.path too');
}

/** Two endpoints in one file would take each other's events. */
function checkSpools(endpoints: Readonly<Record<string, WebhookConfig>>, problem: ProblemTold): void {
  const owners = new Map<string, string>();
  for (const [name, { spool }] of Object.entries(endpoints)) {
    if (spool.path === undefined) continue;
    const path = resolve(spool.path);
    const owner = owners.get(path);
    if (owner !== undefined)
      problem([name, 'spool', 'path'], `is the file of ${owner} already; every endpoint needs its own`);
    owners.set(path, name === 'default' ? 'webhook.spool.path' : `webhook.${name}.spool.path`);
  }
}
