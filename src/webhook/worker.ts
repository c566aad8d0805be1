import { parentPort, workerData } from 'node:worker_threads';
import { Delivery } from './delivery.ts';
import type { DeliverySettings, ToDelivery } from './protocol.ts';

/** Milliseconds for which results are collected before they are reported. */
const REPORT_DELAY = 5;

if (parentPort === null) throw new Error('the delivery thread is started by attachWebhook');
const port = parentPort;
const settings: DeliverySettings = workerData;

let reporting = false;
const delivery = new Delivery(settings, () => {
  if (reporting) return;
  reporting = true;
  setTimeout(() => {
    reporting = false;
    port.postMessage(delivery.report());
  }, REPORT_DELAY);
});

port.on('message', (message: ToDelivery) => {
  if (message === 'hurry') delivery.hurry();
  else delivery.accept(message);
});
