import type { Case } from '../kit/case.ts';
import { capabilityCases } from './capabilities.ts';
import { clientIdCases } from './client-id.ts';
import { connackCases } from './connack.ts';
import { connectOrderCases } from './connect-order.ts';
import { connectPropertyCases } from './connect-properties.ts';
import { credentialCases } from './credentials.ts';
import { enhancedConnectCases } from './enhanced-connect.ts';
import { keepAliveCases } from './keep-alive.ts';
import { packetIdCases } from './packet-ids.ts';
import { partCases } from './parts.ts';
import { problemInformationCases } from './problem-information.ts';
import { sessionStartCases } from './session-start.ts';
import { stringCases } from './strings.ts';
import { wrongPropertyCases } from './wrong-properties.ts';
import { willCases } from './will.ts';
import { will5Cases } from './will5.ts';

/** All cases; a file of cases has one line here. */
export const allCases: readonly Case[] = [
  ...stringCases,
  ...partCases,
  ...packetIdCases,
  ...connectOrderCases,
  ...sessionStartCases,
  ...willCases,
  ...will5Cases,
  ...credentialCases,
  ...keepAliveCases,
  ...connectPropertyCases,
  ...wrongPropertyCases,
  ...problemInformationCases,
  ...enhancedConnectCases,
  ...clientIdCases,
  ...connackCases,
  ...capabilityCases,
];
