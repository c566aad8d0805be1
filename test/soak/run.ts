// `npm run soak`: random clients against a broker in this process, for as long as one likes.
import { parseArgs } from 'node:util';
import { Violation } from './model.ts';
import { Soak } from './soak.ts';
import { type TransportName, TRANSPORTS } from './transport.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    transport: { type: 'string', default: 'tcp' },
    tight: { type: 'boolean', default: false },
    pace: { type: 'string', default: '10' },
    events: { type: 'string', default: '60' },
    round: { type: 'string', default: '8' },
  },
});
if (!(values.transport in TRANSPORTS)) throw new Error(`--transport: one of ${Object.keys(TRANSPORTS).join(', ')}`);

const began = performance.now();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const soak = new Soak({
  seed: Number(values.seed),
  milliseconds: Number(values.minutes) * 60_000,
  transport: values.transport as TransportName,
  tight: values.tight,
  events: Number(values.events),
  pace: Number(values.pace),
  roundLength: Number(values.round) * 1000,
  progress({ rounds, published, delivered, connections, checks }) {
    const seconds = Math.round((performance.now() - began) / 1000);
    say(
      `${seconds} s, round ${rounds}: ${published} published, ${delivered} delivered, ${connections} connections, ${checks} checks`,
    );
  },
});
say(`seed ${values.seed}, ${values.minutes} minutes over ${values.transport}${values.tight ? ', tight' : ''}`);
try {
  await soak.run();
  say('nothing lost, nothing twice, everything in order');
} catch (error) {
  process.exitCode = 1;
  say(`seed ${values.seed}, round ${soak.model.round}`);
  say(
    error instanceof Violation ? `${error.message}\n${soak.diary.tell(error.clients)}` : String((error as Error).stack),
  );
}
