/** What a client knows of whether the broker has a session for it. */
type Existence = 'no' | 'yes' | 'maybe';

/** How long the session of one client lives on the broker, as far as the client can know. */
export class Lifetime {
  /** Seconds that the session is kept without connection. */
  expiry = 0;
  /**
   * The next connection must start clean: an attempt without an answer may have ended the session that was there and
   * begun another.
   */
  mustClean = false;
  #exists: Existence = 'no';

  /** Whether CONNACK may say that the session is (not) there. */
  allows(present: boolean, cleanStart: boolean): boolean {
    return present ? !cleanStart && this.#exists !== 'no' : cleanStart || this.#exists !== 'yes';
  }

  /** For MQTT 3.1, which does not say it. */
  get exists(): boolean {
    return this.#exists === 'yes';
  }

  accepted(expiry: number): void {
    this.#exists = 'yes';
    this.expiry = expiry;
    this.mustClean = false;
  }

  /** An attempt to connect ended without an answer. */
  unanswered(cleanStart: boolean, expiry: number): void {
    this.mustClean ||= cleanStart || this.#exists !== 'yes' || expiry !== Infinity;
  }

  /** The connection ended. `expiry`: what DISCONNECT said, `sure`: and the broker has read it. */
  left(expiry: number, sure: boolean): void {
    const possible = sure ? [expiry] : [expiry, this.expiry];
    if (possible.every((one) => one === Infinity)) this.#exists = 'yes';
    else this.#exists = possible.every((one) => one === 0) ? 'no' : 'maybe';
  }
}
