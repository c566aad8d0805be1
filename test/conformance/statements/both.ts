import { CLIENT_ONLY, type Row } from './statement.ts';

/** Sections 6 and 7, WebSocket and conformance: the same statements under the same numbers in both specifications. */
export const WEBSOCKET_AND_CONFORMANCE: readonly Row[] = [
  [
    '6.0.0-1',
    'both',
    'MQTT comes in binary frames of the WebSocket; with any other data frame the connection is closed.',
  ],
  [
    '6.0.0-2',
    'both',
    'A frame may hold many packets and parts of packets; their borders have nothing to do with each other.',
  ],
  ['6.0.0-3', 'client', 'The client offers the subprotocol "mqtt".'],
  ['6.0.0-4', 'server', 'The subprotocol that the server chooses is "mqtt".'],
  [
    '7.0.0-1',
    'server',
    'A server that connects to other servers as well conforms both as server and as client.',
    'The broker opens no connection to other servers.',
  ],
  [
    '7.0.0-2',
    'both',
    'No extension is needed to work together with other implementations.',
    'Nothing to be proved by a single case: none of the clients in all cases uses an extension.',
  ],
  [
    '7.1.1-1',
    'server',
    'A server has a transport that carries an ordered, lossless stream of bytes in both directions.',
  ],
  [
    '7.1.2-1',
    'client',
    'A client has a transport that carries an ordered, lossless stream of bytes in both directions.',
    CLIENT_ONLY,
  ],
];
