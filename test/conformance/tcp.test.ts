import { runAllCases } from './kit/run.ts';
import { overTcp } from './kit/tcp.ts';

runAllCases(overTcp);
