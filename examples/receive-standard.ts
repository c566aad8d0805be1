// The same with the package `standardwebhooks`: `WEBHOOK_SECRET=whsec_... node examples/receive-standard.ts [PORT]`.
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env['WEBHOOK_SECRET'] ?? '');

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    try {
      webhook.verify(body, request.headers as Record<string, string>);
      console.log(`${String(request.headers['webhook-id'])} ${body}`);
      response.writeHead(204).end();
    } catch {
      response.writeHead(401).end();
    }
  });
});

server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
});
