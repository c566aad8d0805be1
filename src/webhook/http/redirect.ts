/** Headers that say what the body is, who signed it, and which events it has: all that another origin is told. */
const FOR_OTHERS = /^(?:content-type|content-encoding|user-agent|(?:webhook|hookmq|ce)-.*)$/i;

/**
 * Where an answer redirects a request, null when it is not followed: only 307 and 308 keep method and body (RFC 9110,
 * section 15.4; after the others a client may send a GET), and nothing goes from https to http.
 */
export function redirectTarget(from: URL, status: number, location: string | undefined): URL | null {
  if ((status !== 307 && status !== 308) || location === undefined) return null;
  const target = URL.parse(location, from.href);
  if (target === null) return null;
  const isAllowed = target.protocol === 'https:' || (target.protocol === 'http:' && from.protocol === 'http:');
  return isAllowed ? target : null;
}

/**
 * The headers for another origin: without those that the user has set, which may be secrets of the endpoint. The
 * signature stays: the body goes there on the endpoint's word, and nobody can verify it otherwise.
 */
export function headersForOthers(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = headers.slice(i, i + 2);
    if (FOR_OTHERS.test(name)) kept.push(name, value);
  }
  return kept;
}
