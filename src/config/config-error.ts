/** One thing that is wrong with a config. */
export interface Problem {
  /** The file as it was named by whoever named it; empty when there is no file. */
  readonly file: string;
  /** Counts from 1; 0 when the problem is the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** The full path of the key, such as `webhook.pool_size`; empty when the problem belongs to no key. */
  readonly key: string;
  readonly message: string;
}

/** A config that cannot be used. The message is one line for each problem: `file:line:column: key: message`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemLine).join('\n'));
    this.problems = problems;
  }
}

function problemLine({ file, line, column, key, message }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const text = [place, key, message].filter((part) => part !== '').join(': ');
  // A file to include may have any name, but a problem is one line and no command to the terminal.
  return text.replace(/\p{Cc}/gu, '?');
}
