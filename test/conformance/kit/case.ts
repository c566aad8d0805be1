/**
 * How a statement of the specifications becomes a test.
 *
 * - `statements/` lists every normative statement of MQTT 5.0 and 3.1.1: number, whom it binds, what it says in our
 *   words, and, where no case covers it, why not.
 * - `cases/` has the cases: what a client does and what the broker must do, each with the statements that it proves.
 *   `cases/index.ts` lists their files.
 * - `kit/` has what they are made of: a scene (a broker of its own, a clock that stands still) and a client that sends
 *   anything, right or wrong, over a real connection.
 * - `tcp.test.ts` and `websocket.test.ts` run all cases, each over its transport. `table.test.ts` holds statements and
 *   cases against each other, and both against docs/conformance.md, which `npm run conformance` writes.
 *
 * A case is written like this:
 *
 *     statement(
 *       ['5.0:MQTT-3.1.0-2', '3.1.1:MQTT-3.1.0-2'],
 *       'a second CONNECT ends the connection',
 *       VERSIONS,
 *       async (scene) => {
 *         const client = await scene.connect();
 *         client.sendConnect();
 *         await client.expectEnd('protocol_error');
 *       },
 *     ),
 *
 * It runs once for each of its versions (`scene.version`), and `scene.connect()` speaks that version. Cases neither
 * wait for time to pass (`scene.advance` moves the clock) nor hope: `next` waits for a packet, `expectEnd` for the end
 * of the connection, and `received`, `messages` and `expectNothing` send PINGREQ and take what came before its answer.
 * Where one client acts and another one must (not) notice, fence the first one, then look at the second one:
 * `await publisher.expectNothing(); await receiver.expectNothing();`. Fence as well before the clock is moved: what is
 * still on its way to the broker would come after it. `each` does the same for a list of packets or values.
 *
 * A case that fails because the broker is wrong stays as it is: the broker is mended, not the case.
 */
import type { BrokerOptions } from '../../../src/index.ts';
import type { ProtocolVersion } from '../../../src/codec/packets.ts';
import type { Scene } from './scene.ts';
import type { TransportName } from './transport.ts';

/** A statement's number with the specification that it belongs to, for example `5.0:MQTT-3.1.0-1`. */
export type StatementId = `${'5.0' | '3.1.1'}:MQTT-${string}`;

/** All versions: most of what 3.1.1 says holds for 3.1, too, and 5.0 has taken it over. */
export const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
/** The versions with statements. */
export const NUMBERED: readonly ProtocolVersion[] = [4, 5];
export const ONLY_5: readonly ProtocolVersion[] = [5];
export const ONLY_311: readonly ProtocolVersion[] = [4];

/** What a case needs that most do not. */
export interface CaseOptions {
  /** Options of the broker. */
  readonly broker?: Partial<BrokerOptions>;
  /** The one transport for which it has a meaning. */
  readonly over?: TransportName;
}

export interface Case extends CaseOptions {
  /** The statements that it proves, in whole or in part; the first one gives it its section. */
  readonly ids: readonly StatementId[];
  /** What is proved, in a few words. */
  readonly title: string;
  readonly versions: readonly ProtocolVersion[];
  readonly run: (scene: Scene) => Promise<void>;
}

/** A case for one or more statements: see the top of this file. */
export function statement(
  ids: readonly StatementId[],
  title: string,
  versions: readonly ProtocolVersion[],
  run: (scene: Scene) => Promise<void>,
  options: CaseOptions = {},
): Case {
  return { ids, title, versions, run, ...options };
}

/** The numbers of a case's statements that bind a version; 3.1 has none of its own and takes 3.1.1's. */
export function numbersFor({ ids }: Case, version: ProtocolVersion): string[] {
  const specification = version === 5 ? '5.0:' : '3.1.1:';
  return ids.filter((id) => id.startsWith(specification)).map((id) => id.slice(specification.length));
}
