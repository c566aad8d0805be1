import { boolean } from './kinds.ts';
import { listenersSection } from './listeners.ts';
import { mqttSection } from './mqtt.ts';
import { row, section } from './rows.ts';
import type { ConfigOf } from './rows.ts';

const authSection = section(
  'auth',
  {
    allow_anonymous: row(boolean(), {
      doc: 'Whether a client may connect whom nothing else allows or denies; a listener may have it otherwise.',
      default: true,
      legacy: ['allow_anonymous'],
    }),
  },
  { doc: 'Who may connect.' },
);

/** The sections of the broker itself. */
export const coreSections = [listenersSection, mqttSection, authSection] as const;

/** What the broker's own sections make: sizes in bytes, durations in milliseconds, no bound as Infinity. */
export type CoreConfig = ConfigOf<typeof coreSections>;
