import { protocolError } from '../../codec/errors.ts';
import { type AckPacket, PacketType } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import type { Delivery } from '../outbox.ts';
import type { Session } from '../session.ts';

/** PUBACK, PUBREC, PUBREL, PUBCOMP: the four steps of QoS 1 and 2 (5.0, section 4.3). */
export function handleAck(connection: Connection, session: Session, packet: AckPacket): void {
  const { type, packetId } = packet;
  if (type === PacketType.pubrel)
    return answer(connection, PacketType.pubcomp, packetId, session.inbox?.delete(packetId) ?? false);
  const delivery = session.delivery(packetId);
  if (delivery === undefined) {
    // An unknown identifier needs no answer but for PUBREC: the message is done either way.
    if (type === PacketType.pubrec && packet.reasonCode < 0x80) answer(connection, PacketType.pubrel, packetId, false);
    return;
  }
  if (delivery.qos !== (type === PacketType.puback ? 1 : 2))
    throw protocolError(`an acknowledgement of QoS ${type === PacketType.puback ? 1 : 2} for QoS ${delivery.qos}`);
  if (type === PacketType.pubrec && packet.reasonCode < 0x80) {
    const isRepeated = delivery.released;
    delivery.released = true;
    if (!isRepeated) tellAcked(connection, delivery);
    if (connection.state !== 'closed') answer(connection, PacketType.pubrel, packetId, true);
    return;
  }
  if (type === PacketType.pubcomp && !delivery.released) throw protocolError('PUBCOMP before PUBREC');
  session.finish(delivery);
  if (type === PacketType.puback && packet.reasonCode < 0x80) tellAcked(connection, delivery);
  session.pump();
}

/** Told when the message is no longer owed, whatever a listener does, and before the next one goes out. */
function tellAcked({ core, client }: Connection, { message, qos, retain }: Delivery): void {
  const tell = core.hooks.events['message.acked'];
  if (tell !== null && client !== null) tell(message, client, qos, retain);
}

function answer(connection: Connection, type: AckPacket['type'], packetId: number, known: boolean): void {
  if (known) connection.sendAck(type, packetId, ReasonCode.success);
  else
    connection.sendAck(type, packetId, ReasonCode.packet_identifier_not_found, 'no such packet identifier is in use');
}
