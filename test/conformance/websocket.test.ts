import { runAllCases } from './kit/run.ts';
import { overWebSocket } from './kit/websocket.ts';

runAllCases(overWebSocket);
