import { PacketType } from './packets.ts';

/** The packets that carry a reason code. */
type Carrier = 'connack' | 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'suback' | 'unsuback' | 'disconnect' | 'auth';

/** Where a failure that is no packet's own may stand. */
const FAILURES = ['connack', 'puback', 'pubrec', 'suback', 'unsuback', 'disconnect'] as const;

/**
 * Reason codes of MQTT 5.0 (section 2.4) with the names that webhooks, logs and counters use: EMQX's spelling, which
 * its users filter on. 3.1 and 3.1.1 clients get the return code of the third column in CONNACK. The last column: the
 * packets that may carry it.
 */
const TABLE = [
  // code, name, CONNACK return code for 3.1 / 3.1.1 (MQTT 3.1.1, table 3.1), packets (5.0, table 2-6)
  [
    0x00,
    'success',
    0,
    ['connack', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'disconnect', 'auth'],
  ],
  [0x01, 'granted_qos1', 0, ['suback']],
  [0x02, 'granted_qos2', 0, ['suback']],
  [0x04, 'disconnect_with_will_message', 5, ['disconnect']],
  [0x10, 'no_matching_subscribers', 5, ['puback', 'pubrec']],
  [0x11, 'no_subscription_existed', 5, ['unsuback']],
  [0x18, 'continue_authentication', 5, ['auth']],
  [0x19, 're_authenticate', 5, ['auth']],
  [0x80, 'unspecified_error', 3, FAILURES],
  [0x81, 'malformed_packet', 3, ['connack', 'disconnect']],
  [0x82, 'protocol_error', 3, ['connack', 'disconnect']],
  [0x83, 'implementation_specific_error', 3, FAILURES],
  [0x84, 'unsupported_protocol_version', 1, ['connack']],
  [0x85, 'client_identifier_not_valid', 2, ['connack']],
  [0x86, 'bad_username_or_password', 4, ['connack']],
  [0x87, 'not_authorized', 5, FAILURES],
  [0x88, 'server_unavailable', 3, ['connack']],
  [0x89, 'server_busy', 3, ['connack', 'disconnect']],
  [0x8a, 'banned', 5, ['connack']],
  [0x8b, 'server_shutting_down', 3, ['disconnect']],
  [0x8c, 'bad_authentication_method', 4, ['connack', 'disconnect']],
  [0x8d, 'keepalive_timeout', 3, ['disconnect']],
  [0x8e, 'session_taken_over', 3, ['disconnect']],
  [0x8f, 'topic_filter_invalid', 3, ['suback', 'unsuback', 'disconnect']],
  [0x90, 'topic_name_invalid', 3, ['connack', 'puback', 'pubrec', 'disconnect']],
  [0x91, 'packet_identifier_inuse', 3, ['puback', 'pubrec', 'suback', 'unsuback']],
  [0x92, 'packet_identifier_not_found', 3, ['pubrel', 'pubcomp']],
  [0x93, 'receive_maximum_exceeded', 3, ['disconnect']],
  [0x94, 'topic_alias_invalid', 3, ['disconnect']],
  [0x95, 'packet_too_large', 3, ['connack', 'disconnect']],
  [0x96, 'message_rate_too_high', 3, ['disconnect']],
  [0x97, 'quota_exceeded', 3, ['connack', 'puback', 'pubrec', 'suback', 'disconnect']],
  [0x98, 'administrative_action', 3, ['disconnect']],
  [0x99, 'payload_format_invalid', 3, ['connack', 'puback', 'pubrec', 'disconnect']],
  [0x9a, 'retain_not_supported', 3, ['connack', 'disconnect']],
  [0x9b, 'qos_not_supported', 3, ['connack', 'disconnect']],
  [0x9c, 'use_another_server', 3, ['connack', 'disconnect']],
  [0x9d, 'server_moved', 3, ['connack', 'disconnect']],
  [0x9e, 'shared_subscriptions_not_supported', 3, ['suback', 'disconnect']],
  [0x9f, 'connection_rate_exceeded', 3, ['connack', 'disconnect']],
  [0xa0, 'maximum_connect_time', 3, ['disconnect']],
  [0xa1, 'subscription_identifiers_not_supported', 3, ['suback', 'disconnect']],
  [0xa2, 'wildcard_subscriptions_not_supported', 3, ['suback', 'disconnect']],
] as const satisfies readonly (readonly [number, string, number, readonly Carrier[]])[];

/** The name of a reason code, for example `not_authorized`. */
export type ReasonName = (typeof TABLE)[number][1];

/** Reason code by name: `ReasonCode.not_authorized === 0x87`. */
export const ReasonCode = Object.fromEntries(TABLE.map(([code, name]) => [name, code])) as {
  readonly [Row in (typeof TABLE)[number] as Row[1]]: Row[0];
};

const byCode = new Map<number, (typeof TABLE)[number]>(TABLE.map((row) => [row[0], row]));

const codesByType = new Map<number, Set<number>>();
for (const [code, , , carriers] of TABLE)
  for (const carrier of carriers) {
    const type = PacketType[carrier];
    codesByType.set(type, (codesByType.get(type) ?? new Set()).add(code));
  }

/** The name of `code`, `unspecified_error` for one that the specification does not know. */
export function reasonName(code: number): ReasonName {
  return byCode.get(code)?.[1] ?? 'unspecified_error';
}

/** The CONNACK return code (0 - 5) with which 3.1 and 3.1.1 say what `code` says in 5.0. */
export function connackReturnCode(code: number): number {
  return byCode.get(code)?.[2] ?? 3;
}

/** Whether a packet of this type may carry `code` [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.14.2-1] and others. */
export function mayCarry(type: number, code: number): boolean {
  return codesByType.get(type)?.has(code) ?? false;
}
