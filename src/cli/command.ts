import { parseArgs, type ParseArgsOptionDescriptor } from 'node:util';

import { UsageError } from './failure.ts';
import { nearestKey } from '../config/nearest-key.ts';

/** One option of a command: what `parseArgs` needs to read it, and what the help says of it. */
interface Option extends ParseArgsOptionDescriptor {
  /** What to call the value in the help; absent for a flag. */
  readonly takes?: string;
  readonly doc: string;
}

/** The options of a command by their long names. */
export type Options = Readonly<Record<string, Option>>;

/** A command: a row from which its parser and its help are made. */
export interface Command {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly options: Options;
  /** Command lines that work as they are, each with what it is for. */
  readonly examples: readonly { readonly line: string; readonly doc: string }[];
  /** Runs until the work is done. */
  run(args: readonly string[]): Promise<void>;
}

type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T; strict: true }>>['values'];

/**
 * Reads a command's arguments by its table of options.
 *
 * @throws UsageError for an option that does not exist, a value that is missing or too many, and for anything that is
 *   not an option: no command takes any.
 */
export function parse<const T extends Options>(options: T, args: readonly string[]): Values<T> {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`"${token.value}" is not expected here`);
    if (token.kind !== 'option') continue;
    const option = checkOption(options, token);
    if (option.type === 'string' && option.multiple !== true && seen.has(token.name)) {
      throw new UsageError(`${token.rawName} can be given once only`);
    }
    seen.add(token.name);
  }
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption(options: Options, token: OptionToken): Option {
  const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
  if (option === undefined) {
    const known = nearestKey(token.name, Object.keys(options), []);
    throw new UsageError(`unknown option ${token.rawName}${known === undefined ? '' : `, did you mean --${known}?`}`);
  }
  if (option.type === 'boolean') {
    if (token.inlineValue) throw new UsageError(`${token.rawName} takes no value`);
    return option;
  }
  // Without an equals sign, what begins with a dash is the next option rather than this one's value.
  const missing = token.value === undefined || token.value === '' || (!token.inlineValue && token.value[0] === '-');
  if (missing) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.takes ?? 'VALUE'}`);
  return option;
}
