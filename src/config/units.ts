/** Units of one sort by their names, the names that are shown in messages in order of size. */
export interface Units {
  readonly factors: Readonly<Record<string, number>>;
  /** The names that messages use, the largest unit first. */
  readonly shown: readonly string[];
  readonly caseSensitive: boolean;
}

/** Time spans in milliseconds. Lower case as in HOCON, where `M` could be a month. */
export const timeUnits: Units = {
  factors: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  shown: ['d', 'h', 'm', 's', 'ms'],
  caseSensitive: true,
};

const [kilo, mega, giga] = [2 ** 10, 2 ** 20, 2 ** 30] as const;

/** Sizes in bytes, in binary multiples whatever the spelling, as NanoMQ has them. */
export const byteUnits: Units = {
  factors: { b: 1, k: kilo, kb: kilo, kib: kilo, m: mega, mb: mega, mib: mega, g: giga, gb: giga, gib: giga },
  shown: ['GB', 'MB', 'KB', 'B'],
  caseSensitive: false,
};

/** Reads `10MB` or `1.5h`; `bare` is the unit of a number without one. Undefined when it is no such thing. */
export function parseWithUnit(text: string, units: Units, bare: string | undefined): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)\s*([a-z]*)$/.exec(units.caseSensitive ? text : text.toLowerCase());
  const name = match?.[2] === '' ? bare : match?.[2];
  const factor = name === undefined ? undefined : factorOf(units, name);
  return factor === undefined ? undefined : Math.round(Number(match?.[1]) * factor);
}

/** Writes a value in the largest unit that divides it. */
export function showWithUnit(value: number, units: Units): string {
  for (const name of units.shown) {
    const factor = factorOf(units, name.toLowerCase()) ?? 1;
    if (value >= factor && value % factor === 0) {
      return `${value / factor}${name}`;
    }
  }
  return String(value);
}

function factorOf(units: Units, name: string): number | undefined {
  return Object.hasOwn(units.factors, name) ? units.factors[name] : undefined;
}
