import { type App, compose, readConfig } from '../app.ts';
import { publicUrl } from './addresses.ts';
import { type Command, type Options, parse } from './command.ts';
import { endRequest } from './end-request.ts';
import { failureOf, listenerOptions, listenersOf } from './listener-options.ts';
import { stderrLog } from './log.ts';
import { serve } from './serve.ts';
import { version } from '../config/version.ts';

const options = {
  conf: { type: 'string', takes: 'FILE', doc: 'the config file; without one, 127.0.0.1:1883 and no webhook' },
  ...listenerOptions,
} as const satisfies Options;

/** The broker as its config file says. */
export const start: Command = {
  name: 'start',
  summary: 'runs the broker as a config file says, until it is told to end',
  options,
  examples: [
    { line: 'hookmq start --conf /etc/hookmq.conf', doc: 'the broker with a config of its own' },
    { line: 'hookmq start --url nmq-tcp://0.0.0.0:1883', doc: 'reachable from other machines, else as without a file' },
    { line: 'hookmq start --url nmq-tls://0.0.0.0:8883 --cert cert.pem --key key.pem', doc: 'with TLS' },
    {
      line: 'kill -HUP PID',
      doc: "has a running broker read its listeners' certificates anew; it tells its PID at the start",
    },
  ],
  async run(args) {
    const values = parse(options, args);
    const listeners = listenersOf(values);
    const config = readConfig(values.conf);
    const asked = endRequest(['SIGINT', 'SIGTERM']);
    const chosen = listeners === undefined ? config : { ...config, listeners };
    const starting = compose(chosen, stderrLog, version());
    process.on('SIGHUP', () => void starting.then(reload, () => {}));
    const app = await starting.catch((error: unknown) => {
      // Where no file says where to listen, its key would be no help.
      throw values.conf === undefined || listeners !== undefined ? failureOf(error, '--url') : error;
    });
    console.log(`HookMQ ${version()}, process ${process.pid}`);
    for (const { url, name } of app.listeners) console.log(`listening on ${url} (${name})`);
    for (const [name, { url }] of Object.entries(config.webhook))
      console.log(`webhook ${publicUrl(url)}${name === 'default' ? '' : ` (${name})`}`);
    await serve(app, asked);
  },
};

/** Reads the certificates anew and says of each listener what came of it. */
async function reload(app: App): Promise<void> {
  const outcomes = await app.reload();
  if (outcomes.length === 0) stderrLog.info('SIGHUP: no listener has certificates to read anew');
  for (const { listener, problem } of outcomes) {
    if (problem === null) stderrLog.info(`listener ${listener.name}: certificates read anew`);
    else stderrLog.error(`listener ${listener.name} keeps its certificates: ${problem}`);
  }
}
