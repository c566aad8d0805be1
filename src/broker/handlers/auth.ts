import type { Deadline } from '../../base/deadlines.ts';
import { protocolError } from '../../codec/errors.ts';
import { type AuthPacket, PacketType } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import { type AuthenticationStep, denialCode, denialText } from '../hooks.ts';

type Steps = AuthenticationStep | Promise<AuthenticationStep>;

/** AUTH: the client's part of an exchange, or its wish to authenticate itself anew (5.0, section 4.12). */
export function handleAuth(connection: Connection, client: Client, packet: AuthPacket): void {
  const { authenticationMethod: method, exchange } = connection;
  if (method === null) throw protocolError('AUTH of a client that named no authentication method'); // [MQTT-4.12.0-7]
  if (packet.properties?.authenticationMethod !== method)
    throw protocolError('AUTH without the authentication method of CONNECT'); // [MQTT-4.12.0-5]
  const data = packet.properties.authenticationData;
  switch (packet.reasonCode) {
    case ReasonCode.continue_authentication:
      if (exchange === null) throw protocolError('AUTH continues an authentication that nobody began');
      return exchange.answered(data);
    case ReasonCode.re_authenticate:
      if (exchange !== null) throw protocolError('two authentications at a time');
      return beginAgain(connection, client, method, data);
    default:
      throw protocolError(`AUTH with reason code ${packet.reasonCode} from a client`); // [MQTT-3.15.2-1]
  }
}

/** Asks who a client is that names a method in CONNECT; `accept` gets the data that goes into CONNACK. */
export function beginExchange(
  connection: Connection,
  client: Client,
  start: { readonly method: string; readonly data: Buffer | undefined },
  accept: (data: Buffer | null) => void,
): void {
  const hold = (decided: Promise<void>): void => connection.hold(decided);
  connection.exchange = new Exchange(connection, hold, accept);
  connection.exchange.begin(client, { ...start, again: false });
}

/** A connected client's packets go both ways while it authenticates itself anew. */
function beginAgain(connection: Connection, client: Client, method: string, data: Buffer | undefined): void {
  const goOn = (decided: Promise<void>): void => connection.watch(decided);
  connection.exchange = new Exchange(connection, goOn, (proof) => sendAuth(connection, ReasonCode.success, proof));
  connection.exchange.limit(connection.core.options.connectTimeout);
  connection.exchange.begin(client, { method, data, again: true });
}

function sendAuth(connection: Connection, reasonCode: number, data: Buffer | null): void {
  const properties = {
    authenticationMethod: connection.authenticationMethod ?? '',
    ...(data !== null && { authenticationData: data }),
  };
  connection.answer({ type: PacketType.auth, reasonCode, properties });
}

/** An enhanced authentication that is going on: a hook's steps, and between them the client's AUTH packets. */
export class Exchange {
  readonly #connection: Connection;
  /** What to do with a step that is still being decided upon. */
  readonly #wait: (decided: Promise<void>) => void;
  readonly #succeed: (data: Buffer | null) => void;
  /** What the client's next AUTH is for; null while a hook decides. */
  #next: ((data: Buffer | undefined) => Steps) | null = null;
  /** A hook has the method. */
  #known = false;
  #deadline: Deadline | null = null;

  constructor(connection: Connection, wait: (decided: Promise<void>) => void, succeed: (data: Buffer | null) => void) {
    this.#connection = connection;
    this.#wait = wait;
    this.#succeed = succeed;
  }

  /** Ends the connection if the exchange lasts longer than this, milliseconds. */
  limit(duration: number): void {
    const { core } = this.#connection;
    this.#deadline = core.deadlines.add(core.options.clock.now() + duration, () =>
      this.#connection.close(ReasonCode.not_authorized, 'the authentication took too long'),
    );
  }

  begin(
    client: Client,
    start: { readonly method: string; readonly data: Buffer | undefined; readonly again: boolean },
  ) {
    const ask = this.#connection.core.hooks.questions['client.authenticate.enhanced'];
    this.#ask(() => (ask === null ? 'ignore' : ask(client, start)));
  }

  /** The client's answer to what it was asked. */
  answered(data: Buffer | undefined): void {
    const next = this.#next;
    if (next === null) throw protocolError('AUTH without having been asked');
    this.#next = null;
    this.#ask(() => next(data));
  }

  /** It is over, or its connection is: a step that is still being decided upon does nothing any more. */
  end(): void {
    const connection = this.#connection;
    if (connection.exchange === this) connection.exchange = null;
    if (this.#deadline !== null) connection.core.deadlines.remove(this.#deadline);
  }

  #ask(question: () => Steps): void {
    let step: Steps;
    try {
      step = question();
    } catch (error) {
      step = this.#failed(error);
    }
    if (!(step instanceof Promise)) return this.#take(step);
    const decided = step.catch((error: unknown) => this.#failed(error));
    this.#wait(decided.then((answer) => this.#take(answer)));
  }

  #failed(error: unknown): AuthenticationStep {
    this.#connection.core.options.log.error(
      `a hook of client.authenticate.enhanced failed, the answer is deny: ${String(error)}`,
    );
    return 'deny';
  }

  #take(answer: AuthenticationStep | undefined | null): void {
    if (this.#connection.exchange !== this) return;
    const step = this.#sendable(answer ?? 'ignore');
    if (typeof step === 'object' && 'ask' in step) {
      this.#known = true;
      this.#next = step.next;
      return sendAuth(this.#connection, ReasonCode.continue_authentication, step.ask); // [MQTT-4.12.0-2]
    }
    this.end();
    if (typeof step === 'object' && 'allow' in step) this.#succeed(step.allow);
    else this.#deny(step === 'ignore' && !this.#known ? UNKNOWN_METHOD : step);
  }

  #deny(step: AuthenticationStep): void {
    const type = this.#connection.state === 'open' ? PacketType.disconnect : PacketType.connack;
    this.#connection.close(denialCode(step, type), denialText(step)); // [MQTT-4.12.0-4] [MQTT-4.12.1-2]
  }

  /** Data that no packet can carry is a mistake of the hook. */
  #sendable(step: AuthenticationStep): AuthenticationStep {
    const data = typeof step !== 'object' || 'deny' in step ? null : 'ask' in step ? step.ask : step.allow;
    return data === null || data.length <= LONGEST_DATA ? step : this.#failed(`${data.length} bytes of data`);
  }
}

const LONGEST_DATA = 65_535;
const UNKNOWN_METHOD = { deny: 'bad_authentication_method', text: 'unknown authentication method' } as const; // [MQTT-4.12.0-1]
