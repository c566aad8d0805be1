// The few packets of MQTT 3.1.1 that a load generator writes, made by hand.

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBACK = 9;

/** CONNECT, clean session, no keep-alive. */
export function connect(clientId: string): Buffer {
  return packet(0x10, Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0]), string(clientId));
}

export function subscribe(filter: string, qos: number): Buffer {
  return packet(0x82, Buffer.from([0, 1]), string(filter), Buffer.from([qos]));
}

/** Writes the four bytes of a PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function writeAcknowledgement(out: Buffer, at: number, type: number, packetId: number): void {
  out[at] = (type << 4) | (type === PUBREL ? 2 : 0);
  out[at + 1] = 2;
  out.writeUInt16BE(packetId, at + 2);
}

/** A PUBLISH to be stamped for each message: where its packet identifier (QoS > 0) and its payload begin. */
export interface PublishTemplate {
  readonly bytes: Buffer;
  readonly packetIdAt: number;
  readonly payloadAt: number;
}

export function publishTemplate(topic: string, qos: number, payloadSize: number): PublishTemplate {
  const packetId = Buffer.alloc(qos === 0 ? 0 : 2);
  const bytes = packet(0x30 | (qos << 1), string(topic), packetId, Buffer.alloc(payloadSize));
  const payloadAt = bytes.length - payloadSize;
  return { bytes, packetIdAt: payloadAt - packetId.length, payloadAt };
}

function packet(header: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([header, ...length]), body]);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
