import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test, type TestContext } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import { keyOf, tableOf } from '../../src/config/table.ts';
import { DROP_REASONS } from '../../src/webhook/queue/backlog.ts';
import { webhookSection } from '../../src/webhook/config.ts';
import { EventTexts } from '../../src/webhook/events/event-text.ts';
import { sampleRecord } from '../../src/webhook/events/samples.ts';
import { RequestMaker } from '../../src/webhook/http/request.ts';
import { Tally } from '../../src/webhook/tally.ts';
import { load } from '../config/reading.ts';
import { endpointSettings } from './endpoint.ts';
import { keyTables } from './key-table.ts';

// The pages about webhooks must be true. (The part about events has a test of its own.)

const docs = new URL('../../docs/', import.meta.url);
const page = (name: string): string => readFileSync(new URL(name, docs), 'utf8');
const webhooks = page('webhooks.md');
const recipes = page('webhook-recipes.md');
const migration = page('webhook-migration.md');

/** The code blocks of one language; '' for those without. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, name, block]) =>
    name === language && block !== undefined ? [block] : [],
  );
}

const SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`;
const environment = { AUDIT_TOKEN: 'abc', WEBHOOK_SECRET: SECRET };

const sections = [...coreSections, webhookSection] as const;

function endpointsOf(t: TestContext, text: string) {
  const loaded = load(t, text, sections, environment);
  assert.ok('config' in loaded, `${text}${JSON.stringify(loaded)}`);
  return loaded.config.webhook;
}

const keys = tableOf([webhookSection]);

suite('docs/webhooks.md', () => {
  test('every example is a configuration that sends something', (t) => {
    const examples = blocks(webhooks, 'hocon');
    assert.equal(examples.length, 7);
    for (const text of examples) {
      const endpoints = Object.values(endpointsOf(t, text));
      assert.ok(endpoints.length > 0 && endpoints.every(({ events }) => events.length > 0), text);
    }
  });

  test('has every key as the table of the configuration has it', () => {
    const [, shown] = /<!-- keys -->\n+([^]*?)\n+<!-- \/keys -->/.exec(webhooks) ?? [];
    assert.equal(shown, keyTables(), 'npm run docs:webhooks writes them');
  });

  test('names no key that does not exist', () => {
    const prose = webhooks.replace(/<!-- (?:keys|events) -->[^]*?<!-- \/(?:keys|events) -->/g, '');
    const groups = new Set(keys.flatMap(({ path }) => (path.length > 2 ? [path[1]] : [])));
    const told = [...prose.matchAll(/`([a-z_]+)\.([a-z_]+)[`\s]/g)].filter(([, group]) => groups.has(group));
    const known = new Set(keys.map((entry) => keyOf(entry)));
    assert.ok(told.length > 8);
    assert.deepEqual(
      told.map(([, group, key]) => `webhook.${group}.${key}`).filter((key) => !known.has(key)),
      [],
    );
  });

  test('has every header of a request, and no other', () => {
    const [, table = ''] = /^\| header \| \|\n([^]*?)\n\n/m.exec(webhooks) ?? [];
    const told = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    const ids = { id: 'evt_a_1', event: 'on_client_connack', run: 'a', sequence: 1, clientSequence: 1 };
    const sent = [1, 2].flatMap((maxEvents) => {
      const settings = endpointSettings({ batch: { maxEvents }, secrets: [Buffer.alloc(24)] });
      const { headers } = new RequestMaker(settings, '1.2.3').make(['{}'], ids, 1, 0);
      return headers.filter((_, index) => index % 2 === 0);
    });
    const general = new Set(['content-type', 'user-agent']);
    assert.deepEqual(new Set(told), new Set(sent.filter((name) => !general.has(name))));
  });

  test('has every reason for which an event is dropped', () => {
    const [, table = ''] = /^\| reason in `dropped` \| \|\n([^]*)/m.exec(webhooks) ?? [];
    const told = [...(/^(?:\|.*\n)+/.exec(table)?.[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(told, [...DROP_REASONS]);
  });
});

test('docs/webhooks.md has every figure', () => {
  const [, table = ''] = /^\| figure \| \|\n([^]*?)\n\n/m.exec(webhooks) ?? [];
  const told = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  const stats = new Tally().stats(0, { events: 0, bytes: 0 }, 0);
  assert.deepEqual(new Set(told), new Set(Object.keys(stats)));
});

test('the bodies in the README are such as are sent', () => {
  const readme = readFileSync(new URL('../README.md', docs), 'utf8');
  const rows = [...readme.matchAll(/^\| `(on_\w+)` \| `(\{.*\})` \|$/gm)];
  assert.equal(rows.length, 3);
  const texts = new EventTexts(endpointSettings());
  for (const [, name = '', body = ''] of rows) {
    const record = sampleRecord(name, 0);
    const sent: unknown = JSON.parse(texts.text({ id: 1, lane: 1, run: 'a', record }));
    assert.deepEqual(typesOf(JSON.parse(body)), typesOf(sent), name);
  }
});

/** Keys in their order, with the types of their values. */
function typesOf(body: unknown): string[] {
  return Object.entries(body ?? {}).map(([key, value]) => `${key}: ${typeof value}`);
}

suite('docs/webhook-recipes.md', () => {
  test('shows the examples as they are', () => {
    const shown = ['ts', 'python', 'go'].flatMap((language) => blocks(recipes, language));
    const files = ['receive.ts', 'receive-standard.ts', 'devices-online.ts', 'receive.py', 'receive.go'];
    assert.equal(shown.length, files.length);
    for (const [index, name] of files.entries()) {
      const file = readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8');
      assert.ok(shown[index] === file, `examples/${name} is not what the page shows`);
    }
  });

  test('every configuration is one', (t) => {
    const [receive = '', devices = '', ...more] = blocks(recipes, 'hocon');
    assert.deepEqual(more, []);
    assert.equal(endpointsOf(t, receive)['default']?.secret?.length, 1);
    assert.deepEqual(endpointsOf(t, devices)['default']?.batch.layout, 'lines');
  });
});

suite('docs/webhook-migration.md', () => {
  test('what NanoMQ reads is a configuration, in both dialects', (t) => {
    const flat = blocks(migration, '').find((text) => text.startsWith('web.hook.enable'));
    const [today, older] = [blocks(migration, 'hocon')[0], flat].map((text) => endpointsOf(t, text ?? '')['default']);
    assert.ok(today !== undefined && older !== undefined);
    const inOrder = ({ events }: typeof today) => events.toSorted((a, b) => (a.event < b.event ? -1 : 1));
    assert.deepEqual({ ...today, events: inOrder(today) }, { ...older, events: inOrder(older) });
    assert.deepEqual(
      today.events.map(({ event, topic }) => [event, topic]),
      [
        ['on_message_publish', 'a/b/c'],
        ['on_client_connack', undefined],
      ],
    );
  });

  test("EMQX's lines are a configuration", (t) => {
    const text = blocks(migration, '').find((block) => block.startsWith('web.hook.api.url'));
    const endpoint = endpointsOf(t, `${text}webhook.body.format = emqx4\n`)['default'];
    assert.ok(endpoint !== undefined);
    assert.equal(endpoint.url, 'http://127.0.0.1:80');
    assert.equal(endpoint.body.encoding, 'base64');
    assert.equal(endpoint.body.format, 'emqx4');
    assert.equal(endpoint.tls.verify, false);
    assert.deepEqual(
      endpoint.events.map(({ event, topic }) => `${event} ${topic}`),
      [
        'on_client_connected undefined',
        'on_client_disconnected undefined',
        'on_session_subscribed commands/#',
        'on_message_publish a/b/c',
        'on_message_publish foo/#',
        'on_message_acked undefined',
      ],
    );
  });

  test('tells every older name', () => {
    const told = new Set<string>();
    for (const [cell = ''] of migration.matchAll(/^\| `[^|]*web\.hook\.[^|]*\|/gm)) {
      // `web.hook.ssl.certfile`, `.keyfile`
      let stem = '';
      for (const [, name = ''] of cell.matchAll(/`([^`]+)`/g)) {
        told.add(name.startsWith('.') ? stem + name : name);
        if (!name.startsWith('.')) stem = name.slice(0, name.lastIndexOf('.'));
      }
    }
    const older = keys.flatMap(({ row }) => row.legacy.map(({ name }) => name));
    const rule = /^web\.hook\.rule\./;
    assert.ok([...told].some((name) => rule.test(name)));
    assert.deepEqual(
      older.filter((name) => !told.has(name) && !rule.test(name)),
      [],
    );
  });
});

test('every link between the pages leads somewhere', () => {
  const root = new URL('../', docs);
  const wrong: string[] = [];
  for (const from of ['README.md', 'docs/webhooks.md', 'docs/webhook-recipes.md', 'docs/webhook-migration.md']) {
    const text = readFileSync(new URL(from, root), 'utf8').replace(/^```[^]*?^```$/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const to = new URL(target, new URL(from, root));
      const anchor = to.hash.slice(1);
      to.hash = '';
      if (!existsSync(to)) wrong.push(`${from}: ${target}`);
      else if (anchor !== '' && !anchorsOf(readFileSync(to, 'utf8')).has(anchor)) wrong.push(`${from}: ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
