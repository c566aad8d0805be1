import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import { EventTexts } from '../../../src/webhook/events/event-text.ts';
import { laneOf } from '../../../src/webhook/origins.ts';
import { RecordWriter, splitBatch, type StoredRecord } from '../../../src/webhook/events/record.ts';
import { endpointSettings, type EndpointFields } from '../endpoint.ts';
import { FakeBroker } from '../scene.ts';

/** When the events of these tests happened. */
export const TIME = Date.UTC(2026, 3, 22, 6, 34, 27, 123);
export const RUN = 'k3v0qd';

/** The records of the events that `act` has a broker tell: the n-th has n as its sequence, 100 + n as its client's. */
export function recordsOf(act: (broker: FakeBroker) => void): StoredRecord[] {
  const broker = new FakeBroker();
  const writer = new RecordWriter();
  let sequence = 0;
  const sink = {
    begin(event: number, clientId: string): RecordWriter {
      sequence++;
      const origin = { clientId, lane: laneOf(clientId), sequence, clientSequence: 100 + sequence };
      writer.begin(event, origin, TIME, Infinity);
      return writer;
    },
    end: () => writer.end(),
  };
  for (const event of WEBHOOK_EVENTS) event.listen(broker, null, sink);
  act(broker);
  const records: StoredRecord[] = [];
  splitBatch(writer.take() ?? new ArrayBuffer(0), (_lane, record) => records.push(record));
  return records;
}

/** The bodies of those events, by the way that they take in the delivery thread. */
export function textsOf(act: (broker: FakeBroker) => void, fields: EndpointFields = {}): string[] {
  const texts = new EventTexts(endpointSettings(fields));
  return recordsOf(act).map((record) => texts.text({ id: 1, lane: 1, run: RUN, record }));
}
