import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromDelivery, ThreadSettings, ToDelivery } from '../protocol.ts';
import { Slot } from './slot.ts';

/** How far behind the broker's thread this one stands where both want a core: MQTT does not wait for webhooks. */
const NICENESS = 10;
/** Milliseconds for which changes are collected before they are reported. */
const REPORT_DELAY = 10;

if (parentPort === null) throw new Error('the delivery thread is started by attachWebhook');
const port = parentPort;
const { run, version, endpoints }: ThreadSettings = workerData;

// On Linux this is about the calling thread alone, elsewhere about the whole process.
if (process.platform === 'linux') setPriority(0, NICENESS);

const changed = new Set<Slot>();
const slots = endpoints.map((settings, index) => new Slot(index, settings, { run, version, tell, changed: change }));

function change(slot: Slot): void {
  if (changed.size === 0) setTimeout(report, REPORT_DELAY);
  changed.add(slot);
}

function report(): void {
  const all = [...changed];
  changed.clear();
  for (const slot of all) slot.report();
}

function tell(message: FromDelivery): void {
  port.postMessage(message);
}

port.on('message', (message: ToDelivery) => slots[message.endpoint]?.hear(message));
