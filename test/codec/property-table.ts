/** What carries properties; `will` is the will's own list inside CONNECT. */
export const PLACES = [
  'connect',
  'will',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'disconnect',
  'auth',
] as const;

export type Place = (typeof PLACES)[number];
export type Kind = 'flag' | 'u16' | 'u32' | 'varint' | 'utf8' | 'binary' | 'pair';

export interface PropertyRow {
  readonly id: number;
  readonly name: string;
  readonly kind: Kind;
  readonly places: readonly Place[];
}

const REASONED: readonly Place[] = [
  'connack',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'suback',
  'unsuback',
  'disconnect',
  'auth',
];

/** Table 2-4 of MQTT 5.0, copied from the specification and not from the source: the one checks the other. */
export const PROPERTIES: readonly PropertyRow[] = [
  { id: 0x01, name: 'payloadFormatIndicator', kind: 'flag', places: ['publish', 'will'] },
  { id: 0x02, name: 'messageExpiryInterval', kind: 'u32', places: ['publish', 'will'] },
  { id: 0x03, name: 'contentType', kind: 'utf8', places: ['publish', 'will'] },
  { id: 0x08, name: 'responseTopic', kind: 'utf8', places: ['publish', 'will'] },
  { id: 0x09, name: 'correlationData', kind: 'binary', places: ['publish', 'will'] },
  { id: 0x0b, name: 'subscriptionIdentifiers', kind: 'varint', places: ['publish', 'subscribe'] },
  { id: 0x11, name: 'sessionExpiryInterval', kind: 'u32', places: ['connect', 'connack', 'disconnect'] },
  { id: 0x12, name: 'assignedClientIdentifier', kind: 'utf8', places: ['connack'] },
  { id: 0x13, name: 'serverKeepAlive', kind: 'u16', places: ['connack'] },
  { id: 0x15, name: 'authenticationMethod', kind: 'utf8', places: ['connect', 'connack', 'auth'] },
  { id: 0x16, name: 'authenticationData', kind: 'binary', places: ['connect', 'connack', 'auth'] },
  { id: 0x17, name: 'requestProblemInformation', kind: 'flag', places: ['connect'] },
  { id: 0x18, name: 'willDelayInterval', kind: 'u32', places: ['will'] },
  { id: 0x19, name: 'requestResponseInformation', kind: 'flag', places: ['connect'] },
  { id: 0x1a, name: 'responseInformation', kind: 'utf8', places: ['connack'] },
  { id: 0x1c, name: 'serverReference', kind: 'utf8', places: ['connack', 'disconnect'] },
  { id: 0x1f, name: 'reasonString', kind: 'utf8', places: REASONED },
  { id: 0x21, name: 'receiveMaximum', kind: 'u16', places: ['connect', 'connack'] },
  { id: 0x22, name: 'topicAliasMaximum', kind: 'u16', places: ['connect', 'connack'] },
  { id: 0x23, name: 'topicAlias', kind: 'u16', places: ['publish'] },
  { id: 0x24, name: 'maximumQoS', kind: 'flag', places: ['connack'] },
  { id: 0x25, name: 'retainAvailable', kind: 'flag', places: ['connack'] },
  { id: 0x26, name: 'userProperties', kind: 'pair', places: PLACES },
  { id: 0x27, name: 'maximumPacketSize', kind: 'u32', places: ['connect', 'connack'] },
  { id: 0x28, name: 'wildcardSubscriptionAvailable', kind: 'flag', places: ['connack'] },
  { id: 0x29, name: 'subscriptionIdentifiersAvailable', kind: 'flag', places: ['connack'] },
  { id: 0x2a, name: 'sharedSubscriptionAvailable', kind: 'flag', places: ['connack'] },
];

/** Zero is a Protocol Error in these (3.1.2.11.3, 3.1.2.11.4, 3.2.2.3.3, 3.2.2.3.6). */
export const NONZERO: ReadonlySet<string> = new Set(['receiveMaximum', 'maximumPacketSize']);
