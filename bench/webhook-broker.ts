// The broker as `hookmq start --conf FILE` runs it, in a process that also says how its webhook is: it answers every message
// of its parent with its figures.
import { type App, compose, readConfig } from '../src/app.ts';
import { silentLog } from '../src/base/log.ts';
import type { BrokerFigures } from './webhook/broker.ts';

const composing = compose(readConfig(process.argv[2]), silentLog, 'bench');
process.on('disconnect', () => process.exit(0));
process.on('message', () => void composing.then(tell));
tell(await composing);

function tell({ listeners, webhooks }: App): void {
  const figures: BrokerFigures = {
    port: Number(new URL(listeners[0]?.url ?? '').port),
    rss: process.memoryUsage.rss(),
    stats: webhooks?.endpoints.get('default')?.stats() ?? null,
  };
  process.send?.(figures);
}
