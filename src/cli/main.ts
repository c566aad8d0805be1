import { ListenError, WebhookError } from '../app.ts';
import { ConfigError } from '../config/config-error.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import type { Command } from './command.ts';
import { dev } from './dev.ts';
import { Failure, UsageError } from './failure.ts';
import { nearestKey } from '../config/nearest-key.ts';
import { start } from './start.ts';
import { version } from '../config/version.ts';
import { visible } from './visible.ts';
import { webhookDeadLetters } from './webhook-dead-letters.ts';
import { webhookTest } from './webhook-test.ts';

const COMMANDS: readonly Command[] = [dev, start, webhookTest, webhookDeadLetters];

async function main(args: readonly string[]): Promise<void> {
  const [first = ''] = args;
  if (first === '--version' || first === '-v') return console.log(version());
  if (isHelp(first)) return console.log(overview(COMMANDS));
  const command = COMMANDS.find(({ name }) => wordsOf(name).every((word, index) => args[index] === word));
  if (command === undefined) return withoutCommand(args);
  const rest = args.slice(wordsOf(command.name).length);
  if (rest.some(isHelp)) return console.log(commandHelp(command));
  try {
    await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${command.name}: ${error.message} (hookmq ${command.name} --help lists the options)`);
  }
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function wordsOf(name: string): readonly string[] {
  return name.split(' ');
}

/** The first word may be that of several commands: then its help lists them. */
function withoutCommand([first = '', second = '']: readonly string[]): void {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) {
    const firsts = COMMANDS.map(({ name }) => wordsOf(name)[0] ?? '');
    throw new UsageError(`${unknown(first, firsts)} (hookmq --help lists the commands)`);
  }
  if (isHelp(second)) return console.log(groupHelp(first, group));
  const seconds = group.map(({ name }) => wordsOf(name)[1] ?? '');
  throw new UsageError(`${first}: ${unknown(second, seconds)} (hookmq ${first} --help lists the commands)`);
}

function unknown(word: string, words: readonly string[]): string {
  if (word === '') return 'a command is missing';
  if (word.startsWith('-')) return `unknown option ${word}`;
  const known = nearestKey(word, words, []);
  return `unknown command ${word}${known === undefined ? '' : `, did you mean ${known}?`}`;
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
  if (error instanceof Failure || error instanceof ListenError || error instanceof WebhookError)
    return error.message.split('\n').map((line) => `hookmq: ${line}`);
  // A bug: the way that led to it is worth more than brevity, but still in one line, as logs are read by lines.
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`hookmq: internal error: ${story.split(/\n\s*/).slice(0, 6).join('; ')}`];
}

// Nobody reads any more (`hookmq --help | head -1`, a log collector that ended): no reason for a broker to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.on('uncaughtException', fail);
main(process.argv.slice(2)).catch(fail);
