import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { pathText } from '../config/tree.ts';
import type { WebhookConfig } from './config.ts';
import type { EndpointSettings } from './settings.ts';
import { tlsSettings } from './tls-settings.ts';

/** How much may wait in memory, and in a file. */
const IN_MEMORY = 64 * 2 ** 20;
const IN_A_FILE = 2 ** 30;

/**
 * What the delivery thread is given of an endpoint: defaults that depend on other keys filled in, files read, secrets
 * decoded.
 * @throws {ConfigError} with a problem for each file that cannot be used, by its key (`webhook.tls.cacertfile`).
 */
export function endpointSettings(name: string, config: WebhookConfig): EndpointSettings {
  const { url, method, headers, body, secret, pool_size, pipelining, http2, rate, batch, retry, spool } = config;
  const tls = tlsSettings(config.tls);
  if ('problems' in tls) {
    const section = name === 'default' ? ['webhook'] : ['webhook', name];
    throw new ConfigError(
      tls.problems.map(({ key, message }) => {
        return { file: '', line: 0, column: 0, key: pathText([...section, 'tls', key]), message };
      }),
    );
  }
  const path = spool.path === undefined ? null : resolve(spool.path);
  return {
    name,
    url,
    method,
    headers: Object.entries(headers).flat(),
    body: {
      format: body.format,
      encoding: body.encoding,
      source: body.source ?? `hookmq@${hostname()}`,
      gzipAbove: body.gzip_above ?? Infinity,
    },
    batch: {
      maxEvents: batch.max_events,
      maxBytes: batch.max_bytes,
      maxWait: batch.max_wait,
      layout: batch.layout,
    },
    secrets: (secret ?? []).map((base64) => new Uint8Array(Buffer.from(base64, 'base64'))),
    connection: {
      poolSize: pool_size,
      pipelining,
      http2,
      connectTimeout: config.connect_timeout ?? config.cancel_timeout,
      timeout: config.timeout ?? config.cancel_timeout,
      followRedirects: config.follow_redirects,
      tls,
    },
    rate,
    retry: {
      statuses: retry.statuses,
      maxAttempts: retry.max_attempts,
      maxAge: retry.max_age,
      firstDelay: retry.first_delay,
      maxDelay: retry.max_delay,
    },
    spool: {
      path,
      maxBytes: spool.max_bytes ?? (path === null ? IN_MEMORY : IN_A_FILE),
      sync: spool.sync,
      overflow: spool.overflow,
    },
    deadLetters: { maxBytes: config.dead_letters.max_bytes },
  };
}
