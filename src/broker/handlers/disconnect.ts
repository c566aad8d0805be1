import { protocolError } from '../../codec/errors.ts';
import type { DisconnectPacket } from '../../codec/packets.ts';
import { ReasonCode, reasonName } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import type { Session } from '../session.ts';

/**
 * DISCONNECT: the client leaves, and be it in the middle of an authentication, without a session. Only reason code 0
 * takes the will with it [MQTT-3.14.4-3].
 */
export function handleDisconnect(connection: Connection, session: Session | null, packet: DisconnectPacket): void {
  const expiry = packet.properties?.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (connection.connectExpiryInterval === 0 && expiry !== 0)
      throw protocolError('a session expiry interval in DISCONNECT where CONNECT had none'); // [MQTT-3.14.2-2]
    if (session !== null)
      session.expiryInterval = Math.min(
        expiry === 0xffff_ffff ? Infinity : expiry,
        connection.core.options.maxSessionExpiry,
      );
  }
  if (session !== null && packet.reasonCode === ReasonCode.success) session.will = null;
  connection.end(packet.reasonCode === ReasonCode.success ? 'normal' : reasonName(packet.reasonCode));
}
