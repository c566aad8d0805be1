import type { EndpointSettings } from '../settings.ts';

/** What stands for a secret. */
export const MASK = '******';

/** Headers that nobody keeps a secret in, in lower case. */
export const HARMLESS_HEADERS: ReadonlySet<string> = new Set(['content-type', 'accept', 'user-agent']);

/** Characters: what is shorter stands in texts by chance. */
const SHORTEST_VALUE = 4;
const SHORTEST_WORD = 8;

/**
 * Makes what masks the secrets of an endpoint in a text that came from there: an endpoint may answer with the request that it
 * got. Secrets are the values of headers that the configuration sets, and the URL's path and query; also the last word of
 * a value (a token without its scheme) and the values in a query.
 */
export function maskerOf({ url, headers }: Pick<EndpointSettings, 'url' | 'headers'>): (text: string) => string {
  const secrets = secretsOf(url, headers);
  return (text) => {
    let masked = text;
    for (const secret of secrets) masked = masked.replaceAll(secret, MASK);
    return withoutPiece(masked, secrets);
  };
}

function secretsOf(url: string, headers: readonly string[]): readonly string[] {
  const values = headers.filter((_, i) => i % 2 === 1 && !HARMLESS_HEADERS.has((headers[i - 1] ?? '').toLowerCase()));
  const { pathname, search, searchParams } = new URL(url);
  const words = [...values.map((value) => value.slice(value.lastIndexOf(' ') + 1)), ...searchParams.values()];
  const secrets = [
    ...[...values, pathname + search].filter(({ length }) => length >= SHORTEST_VALUE),
    ...words.filter(({ length }) => length >= SHORTEST_WORD),
  ];
  // As they stand in JSON, too; the longest first, as one may be in another.
  const spelled = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return [...new Set(spelled)].toSorted((a, b) => b.length - a.length);
}

/** The text may have been cut in the middle of a secret. */
function withoutPiece(text: string, secrets: readonly string[]): string {
  for (const secret of secrets)
    for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST_VALUE; length--)
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK;
  return text;
}
