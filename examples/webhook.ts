// A broker and an HTTP endpoint in one program: `node examples/webhook.ts [PORT]`, then publish something to alarm/...
import { once } from 'node:events';
import { createServer } from 'node:http';

import { attachWebhook, Broker, tcp, webhookConfig } from '../src/index.ts'; // 'hookmq' in your program

// Your service: a request for each event, in order for each client. What is not answered with 2xx may come again.
const service = createServer((request, response) => {
  request.setEncoding('utf8').on('data', (body) => console.log(`${request.method} ${request.url} ${body}`));
  request.on('end', () => response.end());
}).listen(0, '127.0.0.1');
await once(service, 'listening');
const address = service.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/events`;

const broker = new Broker();
// The keys of the section `webhook` of a config file; what is left out has its default.
const config = webhookConfig({
  url,
  events: [{ event: 'on_client_connack' }, { event: 'on_message_publish', topic: 'alarm/#' }],
});
const webhook = attachWebhook(broker, config);
const { host, port } = await broker.listen(tcp({ port: Number(process.argv[2] ?? 1883) }));
console.log(`mqtt://${host}:${port} tells ${url}`);

async function end(): Promise<void> {
  await broker.close();
  const { delivered, lost } = await webhook.close(5000);
  console.log(`${delivered} events delivered, ${lost} lost`);
  service.close();
}

process.once('SIGINT', () => void end());
