import { protocolError } from '../../codec/errors.ts';
import { type Packet, PacketType } from '../../codec/packets.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import { handleAck } from './acks.ts';
import { handleAuth } from './auth.ts';
import { handleConnect } from './connect.ts';
import { handleDisconnect } from './disconnect.ts';
import { handlePublish } from './publish.ts';
import { handleSubscribe } from './subscribe.ts';
import { handleUnsubscribe } from './unsubscribe.ts';

/** Gives a packet to its handler; throws ProtocolError where the client may not send it. */
export function handlePacket(connection: Connection, packet: Packet): void {
  if (packet.type === PacketType.connect) return handleConnect(connection, packet);
  const { client, session } = connection;
  if (client === null) throw protocolError('the first packet is not CONNECT'); // [MQTT-3.1.0-1]
  if (session === null) return handleEarly(connection, client, packet);
  switch (packet.type) {
    case PacketType.publish:
      return handlePublish(connection, session, packet);
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      return handleAck(connection, session, packet);
    case PacketType.subscribe:
      return handleSubscribe(connection, session, packet);
    case PacketType.unsubscribe:
      return handleUnsubscribe(connection, session, packet);
    case PacketType.pingreq:
      connection.send({ type: PacketType.pingresp });
      return;
    case PacketType.disconnect:
      return handleDisconnect(connection, session, packet);
    case PacketType.auth:
      return handleAuth(connection, client, packet);
    default:
      throw protocolError(`a packet of type ${packet.type} from a client`);
  }
}

/** What comes before CONNACK belongs to an enhanced authentication, or ends it [MQTT-3.1.2-30]. */
function handleEarly(connection: Connection, client: Client, packet: Packet): void {
  if (packet.type === PacketType.auth) return handleAuth(connection, client, packet);
  if (packet.type === PacketType.disconnect) return handleDisconnect(connection, null, packet);
  throw protocolError('only AUTH and DISCONNECT may come before CONNACK');
}
