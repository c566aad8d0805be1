/** Prints lines on standard output. */
export interface Printer {
  /** Prints a line at the end of the turn, with all others of the turn in one write. */
  line(text: string): void;
  /** Prints at once what is still held. */
  flush(): void;
}

export function linePrinter(): Printer {
  let held: string[] = [];
  const flush = (): void => {
    if (held.length > 0) process.stdout.write(`${held.join('\n')}\n`);
    held = [];
  };
  return {
    line(text) {
      if (held.push(text) === 1) setImmediate(flush);
    },
    flush,
  };
}
