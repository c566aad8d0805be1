import { type Statement, statements } from './statement.ts';

/** MQTT 3.1.1, all of it. */
export const mqtt311: readonly Statement[] = statements('3.1.1', []);
