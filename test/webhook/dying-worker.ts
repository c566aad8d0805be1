// The delivery thread's program, which dies of a batch that has the words in it.
import { parentPort } from 'node:worker_threads';
import type { ToDelivery } from '../../src/webhook/protocol.ts';

parentPort?.on('message', (message: ToDelivery) => {
  if (message.kind === 'batch' && Buffer.from(message.batch).includes('kill the thread')) throw new Error('killed');
});
await import('../../src/webhook/delivery/worker.ts');
