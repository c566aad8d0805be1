import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Backlog, DropReason, Failure, Intake, Lane } from '../../../src/webhook/queue/backlog.ts';
import { type BacklogSettings, memoryBacklog } from '../../../src/webhook/queue/memory-backlog.ts';
import { laneOf } from '../../../src/webhook/origins.ts';
import { RecordReader } from '../../../src/webhook/events/record-reader.ts';
import { recordCost, RecordWriter, type StoredRecord } from '../../../src/webhook/events/record.ts';
import { openSpool } from '../../../src/webhook/queue/spool.ts';
import type { SpoolOptions } from '../../../src/webhook/queue/spool-file.ts';
import { within } from '../../kit/until.ts';

/** When the first event of a test happened, and milliseconds between events. */
export const START = 1_700_000_000_000;
const STEP = 1000;

/** Makes batches of events with names like `a1`: the letters are the client's id. */
export class Events {
  readonly #writer = new RecordWriter();
  #count = 0;

  /** `size`: bytes that each event has besides. */
  batch(names: readonly string[], size = 0): ArrayBuffer {
    for (const name of names) {
      const clientId = clientOf(name);
      const sequence = ++this.#count;
      const origin = { clientId, lane: laneOf(clientId), sequence, clientSequence: 0 };
      this.#writer.begin(1, origin, START + STEP * (sequence - 1), Infinity);
      this.#writer.text(name);
      this.#writer.bytes(Buffer.alloc(size, 0xe5));
      this.#writer.end();
    }
    return this.#writer.take() ?? new ArrayBuffer(0);
  }
}

export function clientOf(name: string): string {
  return name.replace(/\d+$/, '');
}

/** `a1 a2 a3` */
export function numbered(client: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${client}${first + i}`);
}

/** What an event of this name costs in the queue. */
export function costOf(name: string, size = 0): number {
  let cost = 0;
  const view = new DataView(new Events().batch([name], size));
  cost += recordCost({ length: view.getUint32(0, true) });
  return cost;
}

const reader = new RecordReader();

export function nameOf(record: StoredRecord): string {
  reader.open(record);
  return reader.text();
}

/** The events that a lane has in memory. */
export function namesIn(lane: Lane | null): string {
  return lane === null
    ? 'none'
    : Array.from({ length: lane.length }, (_, i) => nameOf(lane.at(i)?.record ?? '')).join(' ');
}

export const REFUSED: Failure = { status: 410, reason: 'refused with status 410', answer: 'gone', attempts: 1 };

/** Settings for tests: room for all, in memory. */
export function backlogSettings(fields: SettingsInput = {}): BacklogSettings {
  const { maxEvents = 1, letterBytes = 1024 * 1024, name = 'default', ...spool } = fields;
  return {
    name,
    spool: { path: null, maxBytes: 1024 * 1024, sync: 'normal', overflow: 'drop_newest', ...spool },
    deadLetters: { maxBytes: letterBytes },
    batch: { maxEvents, maxBytes: 1024 * 1024, maxWait: 0, layout: 'array' },
  };
}

export type SettingsInput = Partial<BacklogSettings['spool']> & {
  readonly name?: string;
  readonly maxEvents?: number;
  readonly letterBytes?: number;
};

/** A directory that is removed at the end. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'hookmq-spool-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A backlog, what it told, and events for it. */
export class BacklogStage implements Disposable {
  readonly backlog: Backlog;
  readonly events: Events;
  readonly dropped: Partial<Record<DropReason, number>> = {};
  #readiness = Promise.withResolvers<void>();
  /** Whether one of the backlog's methods is running, as far as they are called here. */
  #isInside = false;
  wasToldInside = false;

  constructor(fields: SettingsInput = {}, options: StageOptions = {}) {
    const { run = 'run1', events = new Events(), ...spoolOptions } = options;
    this.events = events;
    const settings = backlogSettings(fields);
    const listener = {
      ready: () => {
        this.wasToldInside ||= this.#isInside;
        this.#readiness.resolve();
        this.#readiness = Promise.withResolvers();
      },
      dropped: (reason: DropReason, count: number) => {
        this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
      },
    };
    this.backlog =
      settings.spool.path === null
        ? memoryBacklog(settings, run, listener)
        : openSpool(settings, run, listener, spoolOptions);
  }

  #inside<T>(act: () => T): T {
    this.#isInside = true;
    try {
      return act();
    } finally {
      this.#isInside = false;
    }
  }

  /** Resolves when the backlog tells that something is ready. */
  get ready(): Promise<void> {
    return within(this.#readiness.promise, 'something is ready');
  }

  /** Hands events over without waiting until they are taken. */
  hand(names: readonly string[], size = 0): Promise<Intake> {
    const { promise, resolve } = Promise.withResolvers<Intake>();
    this.#inside(() => this.backlog.accept(this.events.batch(names, size), resolve));
    return promise;
  }

  /** Hands events over; resolves when they are taken and the backlog has told that something is ready. */
  async accept(names: string | readonly string[], size = 0): Promise<Intake> {
    const { ready } = this;
    const intake = await this.hand(typeof names === 'string' ? names.split(' ') : names, size);
    await ready;
    return intake;
  }

  take(): Lane | null {
    return this.#inside(() => this.backlog.take());
  }

  /** Takes a lane that must be there. */
  taken(): Lane {
    const lane = this.take();
    if (lane === null) throw new Error('no lane is ready');
    return lane;
  }

  settle(lane: Lane, count = 1): void {
    this.#inside(() => this.backlog.settle(lane, count));
  }

  bury(lane: Lane, count = 1, failure = REFUSED): void {
    this.#inside(() => this.backlog.bury(lane, count, failure));
  }

  putBack(lane: Lane): void {
    this.#inside(() => this.backlog.putBack(lane));
  }

  /** Takes and settles one event after another until there are none; their names in that order. */
  async drain(settle: (lane: Lane) => number = () => 1): Promise<string[]> {
    const names: string[] = [];
    for (;;) {
      const lane = this.take();
      if (lane === null) {
        if (this.backlog.held.events === 0) return names;
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await this.ready;
        continue;
      }
      const count = settle(lane);
      for (let i = 0; i < count; i++) names.push(nameOf(lane.at(i)?.record ?? ''));
      this.settle(lane, count);
    }
  }

  [Symbol.dispose](): void {
    this.backlog.close();
  }
}

export interface StageOptions extends SpoolOptions {
  readonly run?: string;
  readonly events?: Events;
}

type Act = (open: (fields?: SettingsInput) => BacklogStage) => Promise<void>;

/** Runs a test with events in memory, and with events in a file. */
export function testBoth(name: string, act: Act): void {
  test(`${name} (memory)`, async () => {
    using stack = new DisposableStack();
    await act((fields) => stack.use(new BacklogStage(fields)));
  });
  test(`${name} (spool)`, async () => {
    using stack = new DisposableStack();
    const directory = stack.use(temporaryDirectory());
    await act((fields) => stack.use(new BacklogStage({ ...fields, path: join(directory.path, 'spool.db') })));
  });
}
