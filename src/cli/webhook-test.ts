import { styleText } from 'node:util';

import { nearestKey } from '../config/nearest-key.ts';
import { fullName } from '../webhook/config/event-kind.ts';
import { endpointSettings } from '../webhook/endpoint-settings.ts';
import { WEBHOOK_EVENTS } from '../webhook/events.ts';
import type { Trial, Unreachable } from '../webhook/trial.ts';
import { type Command, type Options, parse } from './command.ts';
import { Failure, UsageError } from './failure.ts';
import { isGood, summaryLine, trialLines } from './trial-lines.ts';
import type { Paint } from './event-line.ts';
import { version } from '../config/version.ts';
import { readEndpoints } from './webhook-endpoints.ts';

const options = {
  conf: { type: 'string', takes: 'FILE', doc: 'the config file' },
  event: {
    type: 'string',
    takes: 'NAME',
    doc: 'a sample of this event, whether a rule names it or not; all: of every event',
  },
  endpoint: { type: 'string', takes: 'NAME', doc: 'this endpoint only; the one without a name is called default' },
  json: { type: 'boolean', default: false, doc: 'each request with its answer as a line of JSON, for scripts' },
} as const satisfies Options;

/** Sends samples to the endpoints of a configuration and shows what comes back. */
export const webhookTest: Command = {
  name: 'webhook test',
  summary: 'sends a sample of each event that the rules name, and shows request and answer',
  options,
  examples: [
    { line: 'hookmq webhook test --conf hookmq.conf', doc: 'everything that may be sent, to every endpoint' },
    { line: 'hookmq webhook test --conf hookmq.conf --event on_message_publish', doc: 'one event' },
    { line: 'hookmq webhook test --conf hookmq.conf --endpoint audit --event all', doc: 'one endpoint, all events' },
  ],
  async run(args) {
    const { conf, event, endpoint, json } = parse(options, args);
    const asked = event === undefined ? undefined : eventsOf(event);
    const trials: (Trial | Unreachable)[] = [];
    for await (const trial of tryAll(conf, endpoint, asked)) {
      trials.push(trial);
      const lines = json ? [JSON.stringify(trial)] : trialLines(trial, paint);
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    if (trials.length === 0) throw new Failure('no rule names an event, so nothing was sent; --event NAME sends one');
    if (!json) console.log(summaryLine(trials, paint));
    process.exitCode = trials.every(isGood) ? 0 : 1;
  },
};

const paint: Paint = (format, text) => styleText(format, text, { stream: process.stdout });

async function* tryAll(
  conf: string | undefined,
  endpoint: string | undefined,
  asked: readonly string[] | undefined,
): AsyncGenerator<Trial | Unreachable> {
  const endpoints = Object.entries(readEndpoints(conf, endpoint));
  // Only here, as it brings the HTTP client along, which a broker needs in its delivery thread only.
  const { tryEndpoint } = await import('../webhook/trial.ts');
  const all = endpoints.map(([name, config]) => ({ settings: endpointSettings(name, config), rules: config.events }));
  for (const { settings, rules } of all) {
    const named = new Set(rules.map((rule) => rule.event));
    yield* tryEndpoint(settings, asked ?? NAMES.filter((name) => named.has(name)), version());
  }
}

const NAMES = WEBHOOK_EVENTS.map(({ name }) => name);

/** The events that `--event` means, written as a rule may write them. */
function eventsOf(written: string): readonly string[] {
  if (written === 'all') return NAMES;
  const name = fullName(written);
  if (NAMES.includes(name)) return [name];
  const known = nearestKey(name, NAMES, []);
  const instead = known === undefined ? `there are ${NAMES.join(', ')}` : `did you mean ${known}?`;
  throw new UsageError(`--event ${written}: there is no such event, ${instead}`);
}
