import { type ConnackPacket, PacketType } from '../../codec/packets.ts';
import { connackReturnCode, ReasonCode, reasonName } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';

/** Sends the answer to CONNECT in the words of the client's version; false for a client that takes no such packet. */
export function sendConnack(
  connection: Connection,
  reasonCode: number,
  sessionPresent = false,
  properties: ConnackPacket['properties'] = null,
): boolean {
  const { version } = connection;
  const packet: ConnackPacket = {
    type: PacketType.connack,
    // 3.1 has no such flag.
    sessionPresent: sessionPresent && version > 3,
    reasonCode: version === 5 ? reasonCode : connackReturnCode(reasonCode),
    properties,
  };
  // A client that takes only the smallest packets gets to know the least.
  return connection.send(packet) || connection.send({ ...packet, properties: null });
}

/** Tells the answer to CONNECT to those who listen. */
export function tellConnack({ client, core }: Connection, reasonCode: number): void {
  const tell = core.hooks.events['client.connack'];
  if (tell !== null && client !== null) tell(client, reasonName(reasonCode));
}

/** Says no to a CONNECT where the client can be told; the caller ends the connection. */
export function refuse(connection: Connection, reasonCode: number): void {
  if (connection.client === null && reasonCode !== ReasonCode.unsupported_protocol_version) return;
  sendConnack(connection, reasonCode);
  tellConnack(connection, reasonCode);
}
