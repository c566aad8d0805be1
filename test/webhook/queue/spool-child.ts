// Takes events into a spool and settles some until it is killed. Arguments: the spool's file, a log, the first number.
import { openSync, writeSync } from 'node:fs';
import { BacklogStage, nameOf, numbered } from './backlog-kit.ts';

const [path = '', log = '', first = '0'] = process.argv.slice(2);
const CLIENTS = ['a', 'b', 'c', 'd', 'e'];
const PER_BATCH = 3;

const file = openSync(log, 'a');
const stage = new BacklogStage({ path, maxBytes: 1e9 }, { run: `run${first}` });
let settled: string[] = [];
let number = Number(first);

function note(what: 'offered' | 'taken' | 'settled' | 'gone', names: readonly string[]): void {
  if (names.length > 0) writeSync(file, `${what} ${names.join(' ')}\n`);
}

async function offer(): Promise<void> {
  const names = CLIENTS.flatMap((client) => numbered(client, number, number + PER_BATCH - 1));
  number += PER_BATCH;
  // What was settled before this is in the same transaction or in an earlier one.
  const before = settled;
  settled = [];
  note('offered', names);
  await stage.hand(names, 200);
  note('taken', names);
  note('gone', before);
  process.stdout.write('.');
  for (let i = 0; i < 7; i++) settleOne();
}

function settleOne(): void {
  const lane = stage.take();
  if (lane === null) return;
  const name = nameOf(lane.at(0)?.record ?? '');
  note('settled', [name]);
  settled.push(name);
  stage.settle(lane);
}

// oxlint-disable-next-line no-await-in-loop -- one batch after another
for (;;) await offer();
