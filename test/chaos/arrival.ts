/** What became of a request, as far as the endpoint can know. `taken`: the broker has surely seen the 2xx. */
export type Verdict = 'refused' | 'perhaps' | 'taken';

/** One request at the endpoint. */
export interface Visit {
  /** `webhook-id`. */
  readonly id: string;
  readonly attempt: number;
  /** The life of the broker that sent it. */
  readonly life: number;
  /** What the endpoint did. */
  readonly action: string;
  verdict: Verdict;
}

/** An event as it arrived. */
export interface Arrival {
  readonly id: string;
  readonly run: string;
  readonly sequence: number;
  readonly clientSequence: number;
  readonly client: number;
  /** The how manieth message of its client it is, from 0. */
  readonly number: number;
}

/** Something that must not be. */
export class Violation extends Error {}

/** All that is known of an event that arrived. */
export interface Known {
  readonly arrival: Arrival;
  readonly visits: Visit[];
}

/** What was seen, for people. */
export interface Summary {
  readonly published: number;
  readonly acknowledged: number;
  readonly arrived: number;
  readonly requests: number;
  /** Events that came again because their answer was none, or may not have been seen. */
  readonly repeated: number;
  /** Events that came again although the broker had seen the answer: it was killed before it could write that down. */
  readonly repeatedByKill: number;
  /** Acknowledged messages that had no event yet when the broker was killed, and how old the acknowledgement was, ms. */
  readonly tail: number;
  readonly tailAge: number;
}

/** An event as a violation names it: its client and the how manieth message. */
export function say({ client, number }: Arrival): string {
  return `${client}:${number}`;
}

/** What became of an event until now, a line for each request. */
export function history({ visits }: Known, now: Visit): string {
  const lines = [...visits, now].map(
    ({ id, life, attempt, action, verdict }) => `  life ${life}: ${id}, attempt ${attempt}: ${action}, ${verdict}`,
  );
  return lines.join('\n');
}
