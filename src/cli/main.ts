import { ListenError } from '../app.ts';
import { ConfigError } from '../config/config-error.ts';
import { commandHelp, overview } from './help.ts';
import type { Command } from './command.ts';
import { dev } from './dev.ts';
import { Failure, UsageError } from './failure.ts';
import { nearestKey } from '../config/nearest-key.ts';
import { start } from './start.ts';
import { version } from './version.ts';
import { visible } from './visible.ts';

const COMMANDS: readonly Command[] = [dev, start];

async function main([first, ...rest]: readonly string[]): Promise<void> {
  if (first === '--version' || first === '-v') return console.log(version());
  if (first === '--help' || first === '-h') return console.log(overview(COMMANDS));
  const command = COMMANDS.find(({ name }) => name === first);
  if (command === undefined) throw new UsageError(`${unknown(first)} (hookmq --help lists the commands)`);
  if (rest.includes('--help') || rest.includes('-h')) return console.log(commandHelp(command));
  try {
    await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${command.name}: ${error.message} (hookmq ${command.name} --help lists the options)`);
  }
}

function unknown(first: string | undefined): string {
  if (first === undefined) return 'a command is missing';
  if (first.startsWith('-')) return `unknown option ${first}`;
  const names = COMMANDS.map(({ name }) => name);
  const known = nearestKey(first, names, []);
  return `unknown command ${first}${known === undefined ? '' : `, did you mean ${known}?`}`;
}

/** Says why on standard error and ends the process, whatever is still open. */
function fail(error: unknown): void {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  process.stderr.write(`${lines(error).map(visible).join('\n')}\n`, () => process.exit());
}

function lines(error: unknown): string[] {
  if (error instanceof UsageError) return [`hookmq: ${error.message}`];
  // Each line begins with its place in the file, as editors and terminals expect it.
  if (error instanceof ConfigError) return error.message.split('\n');
  if (error instanceof Failure || error instanceof ListenError)
    return error.message.split('\n').map((line) => `hookmq: ${line}`);
  // A bug: the way that led to it is worth more than brevity, but still in one line, as logs are read by lines.
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`hookmq: internal error: ${story.split(/\n\s*/).slice(0, 6).join('; ')}`];
}

// Nobody reads any more (`hookmq --help | head -1`, a log collector that ended): no reason for a broker to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.on('uncaughtException', fail);
main(process.argv.slice(2)).catch(fail);
