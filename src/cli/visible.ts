// Controls, format characters (also those that reverse the direction of text), separators of lines, lone surrogates.
const INVISIBLE = /[\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from outside, safe to print: what would move the cursor, end the line or colour the terminal is written as an
 * escape (`\n`, `\x1b`, `\u{202e}`). A backslash is doubled, so that what is shown has one meaning.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SHORT[character] ?? escape(character.codePointAt(0) ?? 0));
}

function escape(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** At most `characters` of the text, as it is; the rest is left out. */
export function firstCharacters(text: string, characters: number): string {
  // Twice as many code units hold that many characters, however many of them are pairs of surrogates.
  return Array.from(text.slice(0, 2 * characters))
    .slice(0, characters)
    .join('');
}

/** At most `characters` of the text, made visible, with an ellipsis where something is missing. */
export function visibleStart(text: string, characters: number): string {
  const start = firstCharacters(text, characters);
  return visible(start) + (start.length < text.length ? '…' : '');
}
