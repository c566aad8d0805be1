import type { Log } from '../base/log.ts';
import { visible } from './visible.ts';

/** A log of one line a call on standard error: time, level, text. */
export const stderrLog: Log = {
  debug() {},
  info: (message) => write('info ', message),
  warn: (message) => write('warn ', message),
  error: (message) => write('error', message),
};

function write(level: string, message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level} ${visible(message)}\n`);
}
