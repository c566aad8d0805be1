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
import { authenticationCases } from './authentication.ts';
import { errorCases } from './errors.ts';
import { flowControlCases } from './flow-control.ts';
import { only31Cases } from './only-31.ts';
import { orderingCases } from './ordering.ts';
import { qosReceiverCases } from './qos-receiver.ts';
import { qosSenderCases } from './qos-sender.ts';
import { resendCases } from './resend.ts';
import { sessionStateCases } from './session-state.ts';
import { sharedSubscriptionCases } from './shared-subscriptions.ts';
import { topicCases } from './topics.ts';
import { webSocketCases } from './websocket.ts';
import { publishFlagCases } from './publish-flags.ts';
import { retainCases } from './retain.ts';
import { retainHandlingCases } from './retain-handling.ts';
import { publishTopicCases } from './publish-topic.ts';
import { topicAliasCases } from './topic-alias.ts';
import { publishPropertyCases } from './publish-properties.ts';
import { messageExpiryCases } from './message-expiry.ts';
import { overlappingCases } from './overlapping.ts';
import { receiveMaximumCases } from './receive-maximum.ts';
import { ackCases } from './acks.ts';
import { refusalCases } from './refusals.ts';
import { subscribeCases } from './subscribe.ts';
import { noLocalCases } from './no-local.ts';
import { subackCases } from './suback.ts';
import { unsubscribeCases } from './unsubscribe.ts';
import { pingCases } from './ping.ts';
import { disconnectCases } from './disconnect.ts';
import { disconnectedCases } from './disconnected.ts';
import { authCases } from './auth.ts';

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
  ...sessionStateCases,
  ...qosSenderCases,
  ...qosReceiverCases,
  ...resendCases,
  ...orderingCases,
  ...topicCases,
  ...sharedSubscriptionCases,
  ...flowControlCases,
  ...authenticationCases,
  ...errorCases,
  ...webSocketCases,
  ...only31Cases,
  ...publishFlagCases,
  ...retainCases,
  ...retainHandlingCases,
  ...publishTopicCases,
  ...topicAliasCases,
  ...publishPropertyCases,
  ...messageExpiryCases,
  ...overlappingCases,
  ...receiveMaximumCases,
  ...ackCases,
  ...refusalCases,
  ...subscribeCases,
  ...noLocalCases,
  ...subackCases,
  ...unsubscribeCases,
  ...pingCases,
  ...disconnectCases,
  ...disconnectedCases,
  ...authCases,
];
