import { type ConnectPacket, PacketType, type ProtocolVersion, type QoS } from '../../src/codec/packets.ts';
import type { Publication } from './publication.ts';

/** How a client connects. */
export interface ConnectPlan {
  readonly version: ProtocolVersion;
  readonly cleanStart: boolean;
  /** Seconds that the session is kept; Infinity for ever, which before 5.0 is all that is not clean. */
  readonly expiry: number;
  readonly receiveMaximum: number;
  readonly aliasMaximum: number;
  readonly will: { readonly qos: QoS; readonly delay: number } | null;
}

/** The Session Expiry Interval that stands for ever. */
const FOREVER = 0xffff_ffff;

/** A Session Expiry Interval as it is sent. */
export function secondsOf(expiry: number): number {
  return expiry === Infinity ? FOREVER : expiry;
}

export function connectPacket(clientId: string, plan: ConnectPlan, will: Publication | null): ConnectPacket {
  const { version, cleanStart, expiry, receiveMaximum, aliasMaximum } = plan;
  const properties = { sessionExpiryInterval: secondsOf(expiry), receiveMaximum, topicAliasMaximum: aliasMaximum };
  return {
    type: PacketType.connect,
    version,
    bridge: false,
    cleanStart,
    keepAlive: 0,
    clientId,
    username: undefined,
    password: undefined,
    properties: version === 5 ? properties : null,
    will: will === null ? undefined : willFields(will, plan.will?.delay ?? 0),
  };
}

function willFields(will: Publication, delay: number): NonNullable<ConnectPacket['will']> {
  const { topic, qos, retain } = will.fields;
  const properties = delay > 0 ? { willDelayInterval: delay } : null;
  return { topic, payload: will.payload(), qos, retain, properties };
}
