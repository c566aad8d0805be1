import type { Deadline } from '../base/deadlines.ts';
import { Decoder } from '../codec/decoder.ts';
import { protocolError } from '../codec/errors.ts';
import { PacketType } from '../codec/packets.ts';
import { ReasonCode } from '../codec/reason-codes.ts';
import type { Connection } from './connection.ts';
import { handlePacket } from './handlers/handle-packet.ts';
import { KeepAlive, type Silent } from './keep-alive.ts';
import type { Outgoing } from './outgoing.ts';
import { isPaced, Pace } from './pace.ts';

/**
 * What comes from one client: its bytes become packets, as fast as asynchronous hooks, its pace and its own reading
 * allow. What cannot be handled now waits, here or in the network.
 */
export class Incoming implements Silent {
  readonly #connection: Connection;
  readonly #out: Pick<Outgoing, 'pending'>;
  readonly #decoder: Decoder;
  /** The client's bounds of messages and bytes per second, null where it has none. */
  readonly #pace: Pace | null;
  #keepAlive: KeepAlive | null = null;
  /** Nothing has come yet: an HTTP client, for example, is known by its first byte and need not wait for the timeout. */
  #silent = true;
  /** Packets wait for an answer to an asynchronous hook, since then on the broker's clock. */
  #held = false;
  #heldSince = 0;
  /** Reading has stopped because the client does not read what we send. */
  #throttled = false;
  /** What was pending when that began, or when it was last looked at. */
  #lastPending = 0;
  /** The wire is closed. */
  #gone = false;
  /** Until then a hook may answer about what a client that is gone has sent. */
  #lastCall: Deadline | null = null;

  constructor(connection: Connection, out: Pick<Outgoing, 'pending'>) {
    const { core, policy, wire } = connection;
    this.#connection = connection;
    this.#out = out;
    this.#decoder = new Decoder(core.topics, Math.min(policy.maxPacketSize, LARGEST_CONNECT));
    this.#pace = isPaced(policy) ? new Pace(core, policy, wire, () => this.#goOn()) : null;
  }

  /** Reading has stopped because the client does not read what we send. */
  get throttled(): boolean {
    return this.#throttled;
  }

  /** CONNECT will be refused: it need not be large. */
  turnAway(): void {
    this.#decoder.maxPacketSize = LARGEST_REFUSED;
  }

  /** CONNECT was accepted: larger packets are allowed now, and the keep-alive (seconds, 0: none) counts. */
  opened(keepAlive: number): void {
    const { core, policy, wire } = this.#connection;
    this.#decoder.maxPacketSize = policy.maxPacketSize;
    // Without a keep-alive only the system can tell that the peer is gone.
    if (keepAlive === 0) return wire.probe();
    const patience = keepAlive * 1000 * core.options.keepAliveMultiplier;
    this.#keepAlive = new KeepAlive(core, patience, this);
  }

  data(bytes: Buffer): void {
    if (this.#silent) {
      this.#silent = false;
      if (bytes[0] !== FIRST_BYTE) return this.#connection.failed(protocolError('the first packet is no CONNECT')); // [MQTT-3.1.0-1]
    }
    this.#connection.core.counters.bytesReceived += bytes.length;
    this.#decoder.push(bytes);
    const packets = this.#handlePackets(bytes.length);
    if (this.#keepAlive === null) return;
    if (packets > 0) this.#keepAlive.heard();
    else this.#keepAlive.progress(bytes.length);
  }

  /** Handles no further packet until `done`: keeps the order of what the client asks for. */
  hold(done: Promise<void>): void {
    const { core, wire } = this.#connection;
    this.#held = true;
    this.#heldSince = core.options.clock.now();
    wire.pause();
    done.then(
      () => this.#release(),
      (error: unknown) => this.#connection.failed(error),
    );
  }

  /** Reads no more until the client has read what we sent. */
  throttle(): void {
    if (this.#throttled || this.#connection.state === 'closed') return;
    this.#throttled = true;
    this.#lastPending = this.#out.pending;
    this.#connection.wire.pause();
  }

  /** The client has read what we sent. */
  drained(): void {
    if (!this.#throttled) return;
    this.#throttled = false;
    this.#read();
  }

  /** The wire is closed. What the client said before is still to be handled, its DISCONNECT above all. */
  closed(): void {
    const { core, state } = this.#connection;
    const waits = this.#waits;
    // Who is gone sends nothing more: there is no pace to keep.
    this.#gone = true;
    this.#pace?.end();
    if (state !== 'open' || !waits) return this.#connection.finish('tcp_closed');
    if (!this.#held) return this.#goOn();
    const finish = (): void => this.#connection.finish('tcp_closed');
    this.#lastCall = core.deadlines.add(core.options.clock.now() + LONGEST_HOLD, finish);
  }

  /** The connection is over. */
  end(): void {
    this.#keepAlive?.end();
    this.#pace?.end();
    if (this.#lastCall !== null) this.#connection.core.deadlines.remove(this.#lastCall);
  }

  silenceIsOurs(): boolean {
    const { pending } = this.#out;
    // Who does not get to speak because it is slow to read is alive as long as it reads.
    const reads = this.#throttled && pending < this.#lastPending;
    this.#lastPending = pending;
    const isHeld = this.#held && this.#connection.core.options.clock.now() - this.#heldSince < LONGEST_HOLD;
    return reads || isHeld || this.#pace?.slowed === true;
  }

  gone(): void {
    this.#connection.close(ReasonCode.keepalive_timeout);
  }

  /** Handling has stopped: an asynchronous hook is to answer, or the client has sent too fast. */
  get #waits(): boolean {
    return this.#held || this.#pace?.slowed === true;
  }

  /** Handles what is there, of which `fresh` bytes have just come. Returns how many packets these were. */
  #handlePackets(fresh: number): number {
    const connection = this.#connection;
    const pace = this.#gone ? null : this.#pace;
    connection.core.arrival = connection.core.options.clock.date();
    let packets = 0;
    try {
      if (pace !== null && fresh > 0) pace.bytes(fresh);
      while (!this.#waits && connection.state !== 'closed') {
        const packet = this.#decoder.next();
        if (packet === null) return packets;
        packets++;
        if (pace !== null && packet.type === PacketType.publish) pace.message();
        handlePacket(connection, packet);
      }
      this.#decoder.keep();
    } catch (error) {
      connection.failed(error);
    } finally {
      connection.core.counters.packetsReceived += packets;
    }
    return packets;
  }

  #release(): void {
    if (this.#connection.state === 'closed') return;
    this.#held = false;
    this.#goOn();
  }

  /** After a time in which we did not read: handles what had come before, then reads on. */
  #goOn(): void {
    this.#keepAlive?.heard();
    this.#handlePackets(0);
    if (this.#gone && !this.#held) this.#connection.finish('tcp_closed');
    else this.#read();
  }

  /** Reads on, unless there still is a reason not to. */
  #read(): void {
    const { state, wire } = this.#connection;
    if (state === 'closed' || this.#throttled || this.#waits) return;
    this.#pace?.catchUp();
    wire.resume();
  }
}

/** The first byte of CONNECT. */
const FIRST_BYTE = 0x10;

/** Bytes of a CONNECT at most: nobody is known yet who would be worth more memory. All fields at their longest fit. */
const LARGEST_CONNECT = 512 * 1024;

/** The same for one that is refused in any case. */
const LARGEST_REFUSED = 64 * 1024;

/** Milliseconds that a hook may keep us from handling what a client sends; a client is not waited for any longer. */
const LONGEST_HOLD = 60_000;
