import { PacketType, type UnsubscribePacket } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import type { Session } from '../session.ts';
import { answerWith, checkFilter } from './subscribe.ts';

/** UNSUBSCRIBE: remove, answer. Messages that are on their way already stay so [MQTT-3.10.4-3]. */
export function handleUnsubscribe(connection: Connection, session: Session, packet: UnsubscribePacket): void {
  const { filters, packetId } = packet;
  for (const filter of filters) if (connection.version === 5 || !filter.startsWith('$share/')) checkFilter(filter);
  tellAsked(connection, filters);
  const reasonCodes = remove(connection, session, filters);
  if (connection.state !== 'open') return;
  const text = reasonCodes.includes(ReasonCode.no_subscription_existed) ? 'there was no such subscription' : undefined;
  answerWith(text, connection, { type: PacketType.unsuback, packetId, reasonCodes, properties: null });
}

function tellAsked(connection: Connection, filters: readonly string[]): void {
  const { client, core } = connection;
  const tell = core.hooks.events['client.unsubscribe'];
  if (tell === null || client === null) return;
  // A listener may end the connection.
  for (const filter of filters) if (connection.state === 'open') tell(client, filter);
}

/** Returns the reason code for each filter, as far as no listener ends the connection. */
function remove(connection: Connection, session: Session, filters: readonly string[]): number[] {
  const { client, core } = connection;
  const tell = core.hooks.events['session.unsubscribed'];
  const reasonCodes: number[] = [];
  for (const filter of filters) {
    if (connection.state !== 'open') break;
    const existed = session.unsubscribe(filter);
    reasonCodes.push(existed ? ReasonCode.success : ReasonCode.no_subscription_existed);
    if (existed && tell !== null && client !== null) tell(client, filter);
  }
  return reasonCodes;
}
