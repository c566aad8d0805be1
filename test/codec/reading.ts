import { Decoder } from '../../src/codec/decoder.ts';
import { type Packet, PacketType, type ProtocolVersion } from '../../src/codec/packets.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';

/** A decoder that stands behind CONNECT of `version`. */
export function decoderOf(version: ProtocolVersion, maxPacketSize = 1024 * 1024): Decoder {
  const decoder = new Decoder(new TopicCache(), maxPacketSize);
  decoder.version = version;
  return decoder;
}

/** `bytes` in pieces, cut at each of `cuts` (thousandths of the length); a piece may be empty. */
export function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = cuts.map((cut) => Math.floor((bytes.length * cut) / 1000)).toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/** `bytes` in pieces of `size`. */
export function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/**
 * Every packet of `chunks`, read as a socket does: all chunks pass through one buffer, which is overwritten as soon as
 * the decoder is through with it. Only what is documented as a view is copied.
 */
export function readAll(decoder: Decoder, chunks: readonly Buffer[]): Packet[] {
  const room = Buffer.alloc(Math.max(0, ...chunks.map(({ length }) => length)));
  const packets: Packet[] = [];
  for (const chunk of chunks) {
    chunk.copy(room);
    decoder.push(room.subarray(0, chunk.length));
    for (let packet = decoder.next(); packet !== null; packet = decoder.next()) packets.push(withoutViews(packet));
    room.fill(0xff);
  }
  return packets;
}

/** The packet with the views of a PUBLISH copied; any other packet as it is. */
export function withoutViews(packet: Packet): Packet {
  if (packet.type !== PacketType.publish) return packet;
  const { payload, frame } = packet;
  return { ...packet, payload: Buffer.from(payload), frame: frame === null ? null : Buffer.from(frame) };
}

/** What the decoder must make of `packet` that came as `bytes`. */
export function received(packet: Packet, version: ProtocolVersion, bytes: Buffer): Packet {
  if (packet.type !== PacketType.publish || packet.qos !== 0 || version === 5) return packet;
  return { ...packet, frame: bytes };
}
