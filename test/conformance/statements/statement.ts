import type { StatementId } from '../kit/case.ts';

/** Whom a statement binds: `other` is neither, a network or an implementation's design for example. */
export type Bound = 'server' | 'client' | 'both' | 'other';

/** A normative statement of a specification. */
export interface Statement {
  readonly id: StatementId;
  readonly binds: Bound;
  /** What it says, in our words. */
  readonly says: string;
  /** Why no case covers it; null where one does. */
  readonly outOfScope: string | null;
}

/** Number without `MQTT-`, whom it binds, what it says, and, where no case covers it, why not. */
export type Row = readonly [number: string, binds: Bound, says: string, outOfScope?: string];

/** Statements from a table of rows. */
export function statements(specification: '5.0' | '3.1.1', rows: readonly Row[]): readonly Statement[] {
  return rows.map(([number, binds, says, outOfScope = null]) => ({
    id: `${specification}:MQTT-${number}`,
    binds,
    says,
    outOfScope,
  }));
}

// Reasons that many statements share.

/** A statement about what a client does, whose violation a server cannot see or need not answer. */
export const CLIENT_ONLY = 'Binds the client; a server cannot tell, or has nothing to do about it.';
/** A permission: to use it is not asked for. */
export const PERMISSION = 'A permission that the broker does not use.';
