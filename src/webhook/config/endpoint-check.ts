import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ProblemTold } from '../../config/rows.ts';
import type { WebhookConfig } from '../config.ts';

/** More memory than this is a mistake. */
const MOST_MEMORY = 2 ** 30;

/** Finds what is wrong between the keys of one endpoint: what contradicts something, and what would have no effect. */
export function checkEndpoint(config: WebhookConfig, problem: ProblemTold): void {
  const { retry, spool } = config;
  checkTls(config, problem);
  checkBatch(config, problem);
  if (retry.first_delay > retry.max_delay) problem(['retry', 'first_delay'], 'must not be more than retry.max_delay');
  if (spool.path !== undefined) return;
  if (spool.max_bytes !== undefined && spool.max_bytes > MOST_MEMORY)
    problem(['spool', 'max_bytes'], 'more than 1GB needs a file: set spool.path too');
  if (spool.sync === 'full') problem(['spool', 'sync'], 'full needs a file that survives: set spool.path too');
}

function checkTls({ url, follow_redirects, tls }: WebhookConfig, problem: ProblemTold): void {
  if (tls.certfile !== undefined && tls.keyfile === undefined)
    problem(['tls', 'keyfile'], 'missing; certfile needs the private key of the certificate');
  if (tls.certfile === undefined && tls.keyfile !== undefined)
    problem(['tls', 'certfile'], 'missing; keyfile needs the certificate that it is the key of');
  if (tls.key_password !== undefined && tls.keyfile === undefined)
    problem(['tls', 'key_password'], 'is the password of nothing; set tls.keyfile too');
  // A redirect may lead to https.
  if (new URL(url).protocol !== 'http:' || follow_redirects > 0) return;
  // `verify` is let through: EMQX's files have it beside URLs of all sorts, and nobody is the less safe.
  for (const key of ['cacertfile', 'certfile', 'keyfile', 'key_password', 'sni'] as const)
    if (tls[key] !== undefined) return problem(['tls', key], 'has no effect with an http url; did you mean https?');
}

function checkBatch({ batch, body }: WebhookConfig, problem: ProblemTold): void {
  if (batch.layout === 'array') return;
  if (body.format === 'cloudevents')
    problem(['batch', 'layout'], 'CloudEvents have a batch format of their own, an array; leave lines out');
  else if (batch.max_events === 1)
    problem(['batch', 'layout'], 'lines needs batches: set batch.max_events to more than 1');
}

/** Two endpoints in one file would take each other's events. */
export function checkSpools(endpoints: Readonly<Record<string, WebhookConfig>>, problem: ProblemTold): void {
  const owners = new Map<string, string>();
  for (const [name, { spool }] of Object.entries(endpoints)) {
    if (spool.path === undefined) continue;
    const path = realPath(resolve(spool.path));
    const owner = owners.get(path);
    if (owner !== undefined)
      problem([name, 'spool', 'path'], `is the file of ${owner} already; every endpoint needs its own`);
    owners.set(path, name === 'default' ? 'webhook.spool.path' : `webhook.${name}.spool.path`);
  }
}

/** What a path is without symbolic links, as far as there is something there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
