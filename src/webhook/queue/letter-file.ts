import type { Backlog } from './backlog.ts';
import { EventTexts } from '../events/event-text.ts';
import type { ShownDeadLetter } from '../report.ts';
import type { EndpointSettings } from '../settings.ts';
import { openSpool } from './spool.ts';

/** The dead letters in the spool of an endpoint, while no broker has it open. */
export interface LetterFile {
  readonly count: number;
  /** All of them, oldest first. */
  list(): Generator<ShownDeadLetter, void>;
  /** Puts all of them into the queue, for the next start of the broker; returns how many there were. */
  resend(): number;
  /** Forgets all of them; returns how many there were. */
  discard(): number;
  /** Writes what was changed and lets go of the file. */
  close(): void;
}

/** Dead letters that are read at once. */
const PAGE = 500;

/**
 * Opens the spool of an endpoint that has one.
 * @throws Error in one line, with the key, when the file cannot be used: a broker has it open, for example.
 */
export function openLetterFile(settings: EndpointSettings): LetterFile {
  let backlog = open(settings, Infinity);
  const texts = new EventTexts(settings);
  return {
    get count() {
      return backlog.deadLetters.held.events;
    },
    *list() {
      for (let after = 0; ;) {
        const letters = backlog.deadLetters.list(PAGE, after);
        for (const { event: stored, ...letter } of letters) {
          const { text: body, ...facts } = texts.show(stored);
          yield { ...letter, ...facts, body };
          after = letter.id;
        }
        if (letters.length < PAGE) return;
      }
    },
    resend() {
      const { bytes } = backlog.held;
      backlog.close();
      // The queue may hold more than the configuration allows by now: then nothing comes in, and nothing goes.
      backlog = open(settings, Math.max(settings.spool.maxBytes, bytes));
      return backlog.deadLetters.resend('all');
    },
    discard: () => backlog.deadLetters.discard('all'),
    close: () => backlog.close(),
  };
}

/** What is in the file stays there, even if the configuration leaves less room than it needs. */
function open({ spool, ...settings }: EndpointSettings, maxBytes: number): Backlog {
  const unlimited = { ...settings, spool: { ...spool, maxBytes }, deadLetters: { maxBytes: Infinity } };
  try {
    return openSpool(unlimited, RUN, { ready() {}, dropped() {} });
  } catch (error) {
    if (!isInUse(error)) throw error;
    throw new Error(`${error.message}; stop the broker first`, { cause: error });
  }
}

/** SQLITE_BUSY: somebody else has the file. */
const BUSY = 5;

function isInUse(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return ('errcode' in error && Number(error.errcode) % 256 === BUSY) || isInUse(error.cause);
}

/** No event happens in this run. */
const RUN = '0';
