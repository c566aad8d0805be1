import { type Statement, statements } from './statement.ts';

/** MQTT 5.0, sections 4 and 6: operational behaviour and WebSocket. */
export const mqtt5Behaviour: readonly Statement[] = statements('5.0', []);
