import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { webhookSection, type WebhookConfig } from '../../../src/webhook/config.ts';
import type { Rule } from '../../../src/webhook/rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookmq-webhook-'));
after(() => rmSync(folder, { recursive: true }));

type Environment = Readonly<Record<string, string>>;

/** The endpoints of a config file with this text. */
export function loadAll(text: string, environment: Environment = {}): Readonly<Record<string, WebhookConfig>> {
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, text);
  return loadConfig({ file, sections: [webhookSection], environment }).webhook;
}

/** An endpoint of which a file has only the url, but for that. */
export const DEFAULTS = {
  enable: true,
  method: 'POST',
  headers: {},
  body: { encoding: 'plain', format: 'nanomq', source: undefined, gzip_above: undefined },
  secret: undefined,
  events: [],
  pool_size: 32,
  pipelining: 1,
  http2: true,
  connect_timeout: undefined,
  timeout: undefined,
  cancel_timeout: 5000,
  follow_redirects: 0,
  rate: Infinity,
  tls: {
    cacertfile: undefined,
    certfile: undefined,
    keyfile: undefined,
    key_password: undefined,
    verify: true,
    sni: undefined,
  },
  batch: { max_events: 1, max_bytes: 2 ** 20, max_wait: 20, layout: 'array' },
  retry: {
    statuses: ['408', '425', '429', '5xx'],
    max_attempts: Infinity,
    max_age: 24 * 3_600_000,
    first_delay: 100,
    max_delay: 30_000,
  },
  spool: { path: undefined, max_bytes: undefined, sync: 'normal', overflow: 'drop_newest' },
  dead_letters: { max_bytes: 16 * 2 ** 20 },
};

/** The endpoint without a name. */
export function load(text: string, environment: Environment = {}): WebhookConfig {
  const { default: config } = loadAll(text, environment);
  assert.ok(config);
  return config;
}

/** The keys of the one endpoint, in braces. */
export function endpoint(keys: string): WebhookConfig {
  return load(`webhook {\nurl = "https://x"\n${keys}\n}`);
}

/** What is said about a config: `line: key: message`, without the file's name. */
export function complaints(text: string, environment: Environment = {}): string[] {
  try {
    loadAll(text, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(({ line, key, message }) => `${line}: ${key}: ${message}`);
  }
  return [];
}

/** What is said about one key of an endpoint, which stands in line 3; null: nothing. */
export function complaint(keys: string): string | null {
  const [first = null, ...others] = complaints(`webhook {\nurl = "https://x"\n${keys}\n}`);
  assert.deepEqual(others, []);
  return first;
}

/** Rules without what they leave open. */
export function rulesOf({ events }: WebhookConfig): Rule[] {
  return events.map((rule) => {
    const given = Object.entries(rule).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(given), event: rule.event };
  });
}
