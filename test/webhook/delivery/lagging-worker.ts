// The delivery thread's program, which is busy for a second right after its first requests went out.
import { subscribe } from 'node:diagnostics_channel';

let isFirst = true;
subscribe('undici:client:sendHeaders', () => {
  if (!isFirst) return;
  isFirst = false;
  // Not before the others of this turn went out as well; a timer would come after the overdue ones are looked for.
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000));
});
await import('../../../src/webhook/delivery/worker.ts');
