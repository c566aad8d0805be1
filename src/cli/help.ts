import type { Command, Options } from './command.ts';

/** The help of `hookmq` as a whole. */
export function overview(commands: readonly Command[]): string {
  return [
    'HookMQ, an MQTT broker that tells an HTTP endpoint what happens.',
    '',
    'Usage: hookmq COMMAND [OPTIONS]',
    '',
    ...columns([
      ...commands.map(({ name, summary }): [string, string] => [name, summary]),
      ['COMMAND --help', 'the options of a command, with examples'],
      ['--version', 'the version of HookMQ'],
    ]),
    '',
    ...examples(commands.flatMap((command) => command.examples.slice(0, 1))),
    '',
  ].join('\n');
}

/** The help of the commands that begin with the word `group`. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  return [
    `Usage: hookmq ${group} COMMAND [OPTIONS]`,
    '',
    ...columns([
      ...commands.map(({ name, summary }): [string, string] => [name, summary]),
      [`${group} COMMAND --help`, 'the options of a command, with examples'],
    ]),
    '',
    ...examples(commands.flatMap((command) => command.examples.slice(0, 1))),
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return [
    `hookmq ${command.name}: ${command.summary}`,
    '',
    `Usage: hookmq ${command.name} [OPTIONS]`,
    '',
    ...columns([...optionRows(command.options), ['-h, --help', 'this text']]),
    '',
    ...examples(command.examples),
    '',
  ].join('\n');
}

function optionRows(options: Options): [string, string][] {
  return Object.entries(options).map(([name, option]) => [
    `--${name}${option.takes === undefined ? '' : ` ${option.takes}`}`,
    `${option.doc}${option.multiple ? '; may be repeated' : ''}${typeof option.default === 'string' ? ` (${option.default})` : ''}`,
  ]);
}

function examples(rows: Command['examples']): string[] {
  return ['Examples:', ...columns(rows.map(({ line, doc }) => [line, doc]))];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
