import type { Packet } from '../../src/codec/packets.ts';
import type { Model } from './model.ts';
import type { Dial } from './transport.ts';

/** What a client needs of the soak around it. */
export interface Surroundings {
  readonly model: Model;
  readonly dial: Dial;
  readonly note: (clientId: string, event: string) => void;
  readonly fail: (error: unknown) => void;
  /** Changes what a client sees, so that a test can show that the model notices. */
  readonly tamper: Tamper;
}

/** What a client sees instead of a packet that came. */
export type Tamper = (clientId: string, packet: Packet) => readonly Packet[];
