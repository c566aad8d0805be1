// What a hook on every message leaves of MQTT's throughput: pairs over real sockets, QoS 0, as many messages as go through.
import { generate } from '../generate.ts';
import { type Scenario, SCENARIOS } from '../scenarios.ts';
import { BrokerWithWebhook } from './broker.ts';
import { Receiver } from './receiver.ts';

/** One run. */
export interface Throughput {
  /** Messages per second. */
  readonly rate: number;
  /** Events that were sent until the last message was there, and those that were dropped. */
  readonly delivered: number;
  readonly dropped: number;
  readonly matched: number;
}

const LIMIT_SECONDS = 60;

/** `batch`: events in a request at most; null: no webhook at all. `messages`: of each of the 50 pairs. */
export async function throughput(batch: number | null, messages: number): Promise<Throughput> {
  const receiver = new Receiver();
  await receiver.listen();
  const hook = `url = "${receiver.url}", events = [{ event = on_message_publish }], batch.max_events = ${batch}`;
  const broker = new BrokerWithWebhook(batch === null ? null : hook);
  const { port } = await broker.started();
  const scenario: Scenario = { ...pairs(), messages };
  const { rate = 0 } = await generate({ scenario, port, pid: broker.pid, prefix: 'hook', limit: LIMIT_SECONDS });
  const { stats } = await broker.figures();
  await broker.close();
  await receiver.close();
  if (stats === null) return { rate, delivered: 0, dropped: 0, matched: 0 };
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  return { rate, delivered: stats.delivered, dropped, matched: stats.matched };
}

function pairs(): Scenario {
  const found = SCENARIOS.find(({ name }) => name === 'p2p');
  if (found === undefined) throw new Error('there is no scenario p2p');
  return found;
}
