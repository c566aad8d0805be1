import { compose, type Config, ListenError, readConfig } from '../app.ts';
import { type Address, hostPort, listenerUrl, listenFailure, publicUrl } from './addresses.ts';
import { type Command, type Options, parse } from './command.ts';
import { endRequest } from './end-request.ts';
import { stderrLog } from './log.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

const options = {
  conf: { type: 'string', takes: 'FILE', doc: 'the config file; without one, 127.0.0.1:1883 and no webhook' },
  url: {
    type: 'string',
    multiple: true,
    takes: 'nmq-tcp://HOST:PORT',
    doc: 'listen here instead of where the config says',
  },
} as const satisfies Options;

/** The broker as its config file says. */
export const start: Command = {
  name: 'start',
  summary: 'runs the broker as a config file says, until it is told to end',
  options,
  examples: [
    { line: 'hookmq start --conf /etc/hookmq.conf', doc: 'the broker with a config of its own' },
    { line: 'hookmq start --url nmq-tcp://0.0.0.0:1883', doc: 'reachable from other machines, else as without a file' },
  ],
  async run(args) {
    const { conf, url = [] } = parse(options, args);
    const addresses = url.map(listenerUrl);
    const config = readConfig(conf);
    const asked = endRequest();
    const chosen = addresses.length === 0 ? config : { ...config, listeners: listenAt(addresses) };
    const app = await compose(chosen, stderrLog).catch((error: unknown) => {
      // Where no file says where to listen, its key would be no help.
      const byOption = error instanceof ListenError && (conf === undefined || chosen !== config);
      throw byOption ? listenFailure(error, error, '--url') : error;
    });
    console.log(`HookMQ ${version()}`);
    for (const listener of app.listeners) console.log(`listening on mqtt://${hostPort(listener)} (${listener.name})`);
    if (config.webhook?.enable === true) console.log(`webhook ${publicUrl(config.webhook.url)}`);
    await serve(app, asked);
  },
};

/** Listeners at these addresses and nowhere else. */
export function listenAt(addresses: readonly Address[]): Config['listeners'] {
  const rows = addresses.map((bind, index) => [index === 0 ? 'default' : `url${index + 1}`, { bind, enable: true }]);
  return { tcp: Object.fromEntries(rows) };
}
