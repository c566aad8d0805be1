import { Broker, type BrokerOptions, websocket, type WebSocketOptions } from '../../src/index.ts';
import { LocalBroker } from '../kit/local-broker.ts';

/** A broker in this process whose port is one for WebSockets. */
export async function localWebSocket(
  options: Partial<BrokerOptions> = {},
  listening: Partial<WebSocketOptions> = {},
): Promise<LocalBroker> {
  const broker = new Broker(options);
  const { port } = await broker.listen(websocket({ port: 0, ...listening }));
  return new LocalBroker(broker, port);
}
