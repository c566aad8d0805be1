/** A pattern of a rule, `dev-*` or `sensor-??`: whether a text is one of those that it means. */
export type Pattern = (text: string) => boolean;

/**
 * Makes a pattern of its text: `*` is any run of characters, also none; `?` is one character; all others are themselves,
 * in their case. It takes at most as many steps as the text has characters, times those of the pattern: no text that a
 * client sends can make it slow.
 */
export function patternOf(source: string): Pattern {
  const [, start = '', rest = ''] = /^([^*?]*)(.*)$/s.exec(source) ?? [];
  // What most patterns are, at a tenth of the price.
  if (rest === '') return (text) => text === start;
  if (rest === '*') return (text) => text.startsWith(start);
  // Code points, so that `?` takes a character that UTF-16 needs two units for.
  const codes = Array.from(source.replaceAll(/\*+/g, '*'), (character) => character.codePointAt(0) ?? 0);
  return (text) => matchesCodes(codes, text);
}

/** When nothing fits, only the last `*` takes one character more: what those before took was the shortest already. */
function matchesCodes(codes: readonly number[], text: string): boolean {
  let code = 0;
  let at = 0;
  let afterStar = -1;
  let tried = 0;
  while (at < text.length) {
    const wanted = codes[code];
    const found = text.codePointAt(at) ?? 0;
    if (wanted === STAR) {
      code++;
      afterStar = code;
      tried = at;
    } else if (wanted === found || wanted === ANY) {
      code++;
      at += unitsOf(found);
    } else if (afterStar === -1) {
      return false;
    } else {
      tried += unitsOf(text.codePointAt(tried) ?? 0);
      at = tried;
      code = afterStar;
    }
  }
  while (codes[code] === STAR) code++;
  return code === codes.length;
}

function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}

const STAR = 0x2a;
const ANY = 0x3f;
