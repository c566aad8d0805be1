import { EventTexts } from './event-text.ts';
import type { ShownDeadLetter } from './report.ts';
import type { EndpointSettings } from './settings.ts';
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
  const backlog = openSpool(settings, RUN, { ready() {}, dropped() {} });
  const { deadLetters } = backlog;
  const texts = new EventTexts(settings);
  return {
    get count() {
      return deadLetters.held.events;
    },
    *list() {
      for (let after = 0; ;) {
        const letters = deadLetters.list(PAGE, after);
        for (const { event: stored, ...letter } of letters) {
          const { text: body, ...facts } = texts.show(stored);
          yield { ...letter, ...facts, body };
          after = letter.id;
        }
        if (letters.length < PAGE) return;
      }
    },
    resend: () => deadLetters.resend('all'),
    discard: () => deadLetters.discard('all'),
    close: () => backlog.close(),
  };
}

/** No event happens in this run. */
const RUN = '0';
