import { RecentMap } from '../base/recent-map.ts';

/** A pattern of a rule, `dev-*` or `sensor-??`: whether a text is one of those that it means. */
export type Pattern = (text: string) => boolean;

/**
 * Makes a pattern of its text: `*` is any run of characters, also none; `?` is one character; all others are themselves,
 * in their case. With one `*` it takes no more steps than the pattern has characters; what more of them cost with a long
 * text is spent once: no text that a client sends makes each of its events slow.
 */
export function patternOf(source: string): Pattern {
  const [start = '', ...others] = source.replaceAll(/\*+/g, '*').split('*');
  const end = others.pop();
  // What most patterns are, at a tenth of the price.
  if (end === undefined && !start.includes('?')) return (text) => text === start;
  if (end === '' && others.length === 0 && !start.includes('?')) return (text) => text.startsWith(start);
  const first = piece(start);
  if (end === undefined) return (text) => endOf(first, text, 0) === text.length;
  const last = piece(end);
  if (others.length === 0) return (text) => between(first, [], last, text);
  const inner = others.map(piece);
  return remembering((text) => between(first, inner, last, text));
}

/** What stands between two `*`. */
interface Piece {
  readonly text: string;
  readonly hasAny: boolean;
  /** Code points, so that `?` takes a character that UTF-16 needs two units for. */
  readonly codes: readonly number[];
}

function piece(text: string): Piece {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return { text, hasAny: text.includes('?'), codes };
}

/** Each piece takes the first place that it can have: that leaves the most for those behind it. */
function between(first: Piece, inner: readonly Piece[], last: Piece, text: string): boolean {
  let at = endOf(first, text, 0);
  const end = at === -1 ? -1 : startOf(last, text);
  for (const one of inner) {
    if (at === -1 || at > end) return false;
    at = endOfNext(one, text, at);
  }
  return at !== -1 && at <= end;
}

/** Where the piece ends that begins at `at`, -1 when it does not. */
function endOf({ text: wanted, hasAny, codes }: Piece, text: string, at: number): number {
  if (!hasAny) return text.startsWith(wanted, at) ? at + wanted.length : -1;
  for (const code of codes) {
    const found = text.codePointAt(at);
    if (found === undefined || (code !== ANY && code !== found)) return -1;
    at += unitsOf(found);
  }
  return at;
}

/** Where the piece that ends the text begins, -1 when it does not end it. */
function startOf({ text: wanted, hasAny, codes }: Piece, text: string): number {
  if (!hasAny) return text.endsWith(wanted) ? text.length - wanted.length : -1;
  let at = text.length;
  for (let i = codes.length - 1; i >= 0; i--) {
    const pair = at < 2 ? 0 : (text.codePointAt(at - 2) ?? 0);
    const found = pair > LAST_OF_ONE ? pair : text.codePointAt(at - 1);
    if (at === 0 || found === undefined || (codes[i] !== ANY && codes[i] !== found)) return -1;
    at -= unitsOf(found);
  }
  return at;
}

/** Where the piece ends that begins at `at` or as soon behind it as can be, -1 when there is none. */
function endOfNext(wanted: Piece, text: string, at: number): number {
  if (!wanted.hasAny) {
    const found = text.indexOf(wanted.text, at);
    return found === -1 ? -1 : found + wanted.text.length;
  }
  while (at < text.length) {
    const end = endOf(wanted, text, at);
    if (end !== -1) return end;
    at += unitsOf(text.codePointAt(at) ?? 0);
  }
  return -1;
}

/** A code point that one UTF-16 unit is enough for. */
const LAST_OF_ONE = 0xffff;

function unitsOf(codePoint: number): number {
  return codePoint > LAST_OF_ONE ? 2 : 1;
}

const ANY = 0x3f;

/** Characters from which on to look a text up is quicker, and how many of these are remembered: 4 MB at most. */
const LONG = 128;
const REMEMBERED = 32;

function remembering(pattern: Pattern): Pattern {
  const verdicts = new RecentMap<string, boolean>(REMEMBERED);
  return (text) => {
    if (text.length < LONG) return pattern(text);
    let verdict = verdicts.get(text);
    if (verdict === undefined) {
      verdict = pattern(text);
      verdicts.set(text, verdict);
    }
    return verdict;
  };
}
