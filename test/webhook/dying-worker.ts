// The delivery thread's program, which dies of a batch that has the word in it.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (message: unknown) => {
  if (message instanceof ArrayBuffer && Buffer.from(message).includes('kill the thread')) throw new Error('killed');
});
await import('../../src/webhook/worker.ts');
