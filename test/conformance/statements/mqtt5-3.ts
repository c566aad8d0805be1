import { type Statement, statements } from './statement.ts';

/** MQTT 5.0, sections 3.3 to 3.15: PUBLISH to AUTH. */
export const mqtt5Packets: readonly Statement[] = statements('5.0', []);
