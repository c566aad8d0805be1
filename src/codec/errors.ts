import { ReasonCode } from './reason-codes.ts';

/**
 * The peer broke the protocol: its connection must end with this reason code. `message` is for the operator's log and
 * for the reason string.
 */
export class ProtocolError extends Error {
  readonly reasonCode: number;

  constructor(reasonCode: number, message: string) {
    super(message);
    this.name = 'ProtocolError';
    this.reasonCode = reasonCode;
  }
}

/** The bytes are no packet at all (5.0, section 1.2: Malformed Packet). */
export function malformed(message: string): ProtocolError {
  return new ProtocolError(ReasonCode.malformed_packet, message);
}

/** A packet that is well formed but not allowed (5.0, section 1.2: Protocol Error). */
export function protocolError(message: string): ProtocolError {
  return new ProtocolError(ReasonCode.protocol_error, message);
}
