import { existsSync } from 'node:fs';

import type { WebhookConfig } from '../webhook/config.ts';
import { endpointSettings } from '../webhook/endpoint-settings.ts';
import type { LetterFile } from '../webhook/queue/letter-file.ts';
import type { ShownDeadLetter } from '../webhook/report.ts';
import type { EndpointSettings } from '../webhook/settings.ts';
import { type Command, type Options, parse } from './command.ts';
import { Failure, UsageError } from './failure.ts';
import { visible, visibleStart } from './visible.ts';
import { readAllEndpoints } from './webhook-endpoints.ts';

const options = {
  conf: { type: 'string', takes: 'FILE', doc: 'the config file; the broker that runs with it must be stopped' },
  endpoint: { type: 'string', takes: 'NAME', doc: 'this endpoint only; the one without a name is called default' },
  resend: {
    type: 'boolean',
    default: false,
    doc: 'put them into the queue again: the broker sends them when it starts',
  },
  discard: { type: 'boolean', default: false, doc: 'forget them' },
} as const satisfies Options;

type Deed = 'list' | 'resend' | 'discard';

/** Lists, sends again or forgets the events that were given up, in the spools of a broker that is stopped. */
export const webhookDeadLetters: Command = {
  name: 'webhook dead-letters',
  summary: 'lists the events that were given up and lie in a spool, while the broker is stopped',
  options,
  examples: [
    { line: 'hookmq webhook dead-letters --conf hookmq.conf', doc: 'what there is, and why' },
    { line: 'hookmq webhook dead-letters --conf hookmq.conf --resend', doc: 'to be sent again by the next start' },
  ],
  async run(args) {
    const { conf, endpoint, resend, discard } = parse(options, args);
    if (resend && discard) throw new UsageError('--resend and --discard exclude each other');
    const all = Object.entries(readAllEndpoints(conf, endpoint)).map(([name, { tls, url = '', ...config }]) =>
      // Nothing is sent: neither must there be a url, nor the files of `tls`.
      endpointSettings(name, { ...config, url, tls: withoutFiles(tls) }),
    );
    const durable = all.filter(({ spool }) => spool.path !== null);
    if (durable.length === 0)
      throw new Failure(
        'no endpoint has a spool.path: its dead letters are in the memory of the broker and end with it',
      );
    const deed: Deed = resend ? 'resend' : discard ? 'discard' : 'list';
    for (const settings of durable) {
      // oxlint-disable-next-line no-await-in-loop -- one endpoint's output after another's
      const file = await open(settings);
      if (file === null) console.log(`${settings.name}: there is no spool at ${settings.spool.path}`);
      else act(settings.name, file, deed);
    }
  },
};

function withoutFiles({ verify, sni }: WebhookConfig['tls']): WebhookConfig['tls'] {
  return { cacertfile: undefined, certfile: undefined, keyfile: undefined, key_password: undefined, verify, sni };
}

/** null: there is no file yet, and there is no reason to make one. */
async function open(settings: EndpointSettings): Promise<LetterFile | null> {
  if (settings.spool.path === null || !existsSync(settings.spool.path)) return null;
  const { openLetterFile } = await import('../webhook/queue/letter-file.ts');
  try {
    return openLetterFile(settings);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}

function act(name: string, file: LetterFile, deed: Deed): void {
  try {
    if (deed === 'resend') tellResent(name, file.resend(), file.count);
    else if (deed === 'discard') console.log(`${name}: ${counted(file.discard())} discarded`);
    else {
      console.log(`${name}: ${counted(file.count)}`);
      for (const letter of file.list()) console.log(letterLines(letter).join('\n'));
    }
  } finally {
    file.close();
  }
}

function tellResent(name: string, count: number, left: number): void {
  const why = left === 0 ? '' : `; there is no room for the other ${left}`;
  console.log(`${name}: ${counted(count)} put into the queue again${why}`);
}

function counted(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}

const BODY_CHARACTERS = 300;

function letterLines({ at, event, clientId, eventId, attempts, reason, answer, body }: ShownDeadLetter): string[] {
  const client = clientId === '' ? '' : `  ${visibleStart(clientId, 60)}`;
  const tried = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return [
    '',
    `${new Date(at).toISOString()}  ${event}${client}  ${eventId}`,
    `  ${visible(reason)} (${tried})${answer === '' ? '' : `: ${visibleStart(answer, BODY_CHARACTERS)}`}`,
    `  ${visibleStart(body, BODY_CHARACTERS)}`,
  ];
}
