import type { Kind } from '../../config/kind.ts';
import { duration, enumeration, integer, list, scalar, size, text } from '../../config/kinds.ts';
import { group, row } from '../../config/rows.ts';
import { OVERFLOWS, SYNCS } from '../settings.ts';

const HOUR = 3_600_000;
const YEAR = 366 * 24 * HOUR;

/** How events wait for the endpoint, and what is done when it does not take them. */
export const deliveryRows = {
  batch: group({
    max_events: row(integer({ min: 1, max: 10_000 }), {
      doc: 'Events in one request at most; 1 is no batches: the body is the event.',
      default: 1,
    }),
    max_bytes: row(size({ min: 1024, max: 256 * 1024 * 1024 }), {
      doc: "Bytes of a batch's body at most, before compression. An event that is larger goes alone.",
      default: '1MB',
    }),
    max_wait: row(duration({ max: 60_000, bare: 'ms' }), {
      doc: 'How long an event waits for others to make a batch.',
      default: '20ms',
    }),
    layout: row(enumeration(['array', 'lines']), {
      doc: 'A batch as one JSON array, or as one JSON object on each line (NDJSON). CloudEvents are always an array.',
      default: 'array',
    }),
  }),
  retry: group({
    statuses: row(list(retriedStatus()), {
      doc: 'Statuses of answers after which an event is sent again, `5xx` for all from 500 on. What has another status that is not 2xx becomes a dead letter at once; without an answer an event is always sent again.',
      default: [408, 425, 429, '5xx'],
    }),
    max_attempts: row(integer({ min: 1, unlimited: true }), {
      doc: 'How often an event is sent before it becomes a dead letter.',
      default: 'unlimited',
    }),
    max_age: row(duration({ min: 1000, max: YEAR, bare: 'ms', endless: 'unlimited' }), {
      doc: 'How old an event becomes before it is a dead letter.',
      default: '24h',
    }),
    first_delay: row(duration({ min: 1, max: HOUR, bare: 'ms' }), {
      doc: 'How long the second attempt waits for the first. From attempt to attempt this doubles; chance makes it shorter.',
      default: '100ms',
    }),
    max_delay: row(duration({ min: 1, max: 24 * HOUR, bare: 'ms' }), {
      doc: 'How long an attempt waits for the one before, at most.',
      default: '30s',
    }),
  }),
  spool: group({
    path: row(text('the path of a file'), {
      doc: 'The file (SQLite) in which events wait, so that they survive the end of the program. Without it they wait in memory.',
    }),
    max_bytes: row(size({ min: 64 * 1024, max: 2 ** 50 }), {
      doc: 'Bytes for events that wait. Without it 64MB in memory, 1GB with `path`.',
    }),
    sync: row(enumeration(SYNCS), {
      doc: "What of the file survives: `normal` the program's sudden end, `full` a power cut too (each commit waits for the disk).",
      default: 'normal',
    }),
    overflow: row(enumeration(OVERFLOWS), {
      doc: 'Which events are dropped, and counted, when there is no room for more.',
      default: 'drop_newest',
    }),
  }),
  dead_letters: group({
    max_bytes: row(size({ max: 2 ** 40 }), {
      doc: 'Bytes of dead letters that are kept, the newest ones.',
      default: '16MB',
    }),
  }),
};

/** A status as a text, or a class of them: `429`, `5xx`. */
function retriedStatus(): Kind<string> {
  return scalar('a status from 300 to 599, or one of 3xx, 4xx, 5xx', ({ text: status }) =>
    /^[345](?:\d\d|xx)$/i.test(status) ? status.toLowerCase() : undefined,
  );
}
