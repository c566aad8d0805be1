// A process of its own: tells one event to the endpoint of its first argument, and closes the webhook if told to.
import { scene } from './scene.ts';

const [url = '', ending] = process.argv.slice(2);
const stage = scene({ url });
stage.broker.publish();
if (ending === 'close') await stage.webhook.close(5000);
