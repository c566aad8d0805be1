import { styleText } from 'node:util';

import { type App, compose, type Config, readConfig } from '../app.ts';
import { webhookConfig, type WebhookConfig } from '../webhook/config.ts';
import { listenFailure, portNumber } from './addresses.ts';
import { type Command, type Options, parse } from './command.ts';
import { endRequest } from './end-request.ts';
import { clockTime, eventLine, type Paint } from './event-line.ts';
import { type Arrival, type Inbox, openInbox } from './inbox.ts';
import { failureOf, listenAt } from './listener-options.ts';
import { stderrLog } from './log.ts';
import { linePrinter } from './output.ts';
import { serve } from './serve.ts';
import { version } from '../config/version.ts';

const HOST = '127.0.0.1';

const options = {
  port: { type: 'string', default: '1883', takes: 'PORT', doc: `the broker's port on ${HOST}` },
  'inbox-port': { type: 'string', default: '8888', takes: 'PORT', doc: "the HTTP receiver's port" },
  'no-inbox': { type: 'boolean', default: false, doc: 'only the broker: no HTTP receiver, no webhook' },
} as const satisfies Options;

/** The broker, and an HTTP receiver beside it that shows every webhook request: to try things out. */
export const dev: Command = {
  name: 'dev',
  summary: 'a broker to try things out with, and every webhook request as a line',
  options,
  examples: [
    { line: 'hookmq dev', doc: 'the broker on port 1883, its webhook requests on the screen' },
    { line: 'hookmq dev --port 1884 --inbox-port 8889', doc: 'beside another one' },
  ],
  async run(args) {
    const values = parse(options, args);
    const port = portNumber('--port', values.port);
    const inboxPort = portNumber('--inbox-port', values['inbox-port']);
    const asked = endRequest(['SIGINT', 'SIGTERM', 'SIGHUP']);
    const printer = linePrinter();
    const inbox = values['no-inbox']
      ? undefined
      : await open(inboxPort, (arrival) => printer.line(arrivalLine(arrival)));
    const app = await composeAt(port, inbox);
    console.log(banner(app, inbox));
    await serve(app, asked, async () => {
      await inbox?.close();
      printer.flush();
    });
  },
};

async function open(port: number, tell: (arrival: Arrival) => void): Promise<Inbox> {
  try {
    return await openInbox(HOST, port, tell);
  } catch (error) {
    throw listenFailure(error, { host: HOST, port }, '--inbox-port');
  }
}

async function composeAt(port: number, inbox: Inbox | undefined): Promise<App> {
  const config: Config = {
    ...readConfig(undefined),
    listeners: listenAt([{ kind: 'tcp', bind: `${HOST}:${port}` }]),
    webhook: inbox === undefined ? {} : { default: webhookTo(inbox.port) },
  };
  try {
    return await compose(config, stderrLog, version());
  } catch (error) {
    throw failureOf(error, '--port');
  }
}

/** What a newcomer did, once each: the other events tell the same again, or once for each receiver. */
const SHOWN = [
  'on_client_connack',
  'on_client_disconnected',
  'on_session_subscribed',
  'on_session_unsubscribed',
  'on_message_publish',
] as const;

function webhookTo(port: number): WebhookConfig {
  return webhookConfig({
    url: `http://${HOST}:${port}/`,
    pool_size: 4,
    events: SHOWN.map((event) => ({ event })),
  });
}

const paint: Paint = (format, text) => styleText(format, text, { stream: process.stdout });

function arrivalLine({ at, body }: Arrival): string {
  if (body === undefined) return `${clockTime(at, paint)}  ${paint('red', 'a request larger than 8 MiB was refused')}`;
  return eventLine(body, at, paint);
}

function banner(app: App, inbox: Inbox | undefined): string {
  const url = app.listeners[0]?.url ?? '';
  const port = new URL(url).port;
  const target = `-h ${HOST}${port === '1883' ? '' : ` -p ${port}`} -t hello/world -m hi`;
  const outcome = inbox === undefined ? 'and its message is published' : 'and the webhook requests appear below';
  return [
    `${paint('bold', 'HookMQ')} ${version()}`,
    '',
    `  MQTT broker    ${url}`,
    ...(inbox === undefined ? [] : [`  webhook inbox  http://${HOST}:${inbox.port}/`]),
    '',
    `Type this in another terminal, ${outcome}:`,
    '',
    `  ${paint('cyan', `mosquitto_pub ${target}`)}`,
    `  ${paint('cyan', `npx mqtt pub ${target}`)}   (without Mosquitto's tools)`,
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}
