// A broker of your own in ten lines: `node examples/ten-lines.ts [PORT]`, then connect any MQTT client.
import { Broker, tcp } from '../src/index.ts'; // 'hookmq' in your program

const broker = new Broker();
// A hook answers a question and may change what happens; an event tells what has happened.
broker.hook('client.authorize', (client, { topic }) => (topic.startsWith(`of/${client.clientId}/`) ? 'allow' : 'deny'));
broker.on('client.connected', (client) => console.log(`${client.clientId} is here`));
broker.on('client.disconnected', (client, reason) => console.log(`${client.clientId} is gone: ${reason}`));
broker.on('message.published', ({ topic, payload }) => console.log(`${topic}: ${payload.toString()}`));
const { host, port } = await broker.listen(tcp({ port: Number(process.argv[2] ?? 1883) }));
console.log(`mqtt://${host}:${port}`);
process.once('SIGINT', () => void broker.close());
