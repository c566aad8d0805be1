import { PacketType, type UnsubscribePacket } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import { validateFilter } from '../../topics/filter.ts';
import type { Session } from '../session.ts';
import { answerWith } from './subscribe.ts';

/** UNSUBSCRIBE: remove, answer. Messages that are on their way already stay so [MQTT-3.10.4-3]. */
export function handleUnsubscribe(connection: Connection, session: Session, packet: UnsubscribePacket): void {
  const { client, core } = connection;
  const tell = core.hooks.events['session.unsubscribed'];
  let problem: string | null = null;
  const reasonCodes = packet.filters.map((filter) => {
    if (!session.unsubscribe(filter)) {
      const invalid = validateFilter(filter);
      problem ??= invalid;
      return invalid === null ? ReasonCode.no_subscription_existed : ReasonCode.topic_filter_invalid;
    }
    if (tell !== null && client !== null) tell(client, filter);
    return ReasonCode.success;
  });
  const { packetId } = packet;
  answerWith(problem ?? undefined, connection, { type: PacketType.unsuback, packetId, reasonCodes, properties: null });
}
