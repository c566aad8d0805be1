import { PacketType, type UnsubscribePacket } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import type { Session } from '../session.ts';
import { answerWith, checkFilter } from './subscribe.ts';

/** UNSUBSCRIBE: remove, answer. Messages that are on their way already stay so [MQTT-3.10.4-3]. */
export function handleUnsubscribe(connection: Connection, session: Session, packet: UnsubscribePacket): void {
  const { client, core, version } = connection;
  const tell = core.hooks.events['session.unsubscribed'];
  for (const filter of packet.filters) if (version === 5 || !filter.startsWith('$share/')) checkFilter(filter);
  const reasonCodes = packet.filters.map((filter) => {
    if (!session.unsubscribe(filter)) return ReasonCode.no_subscription_existed;
    if (tell !== null && client !== null) tell(client, filter);
    return ReasonCode.success;
  });
  const text = reasonCodes.includes(ReasonCode.no_subscription_existed) ? 'there was no such subscription' : undefined;
  const { packetId } = packet;
  answerWith(text, connection, { type: PacketType.unsuback, packetId, reasonCodes, properties: null });
}
