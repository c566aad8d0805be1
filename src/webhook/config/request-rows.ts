import type { Kind } from '../../config/kind.ts';
import { checked, enumeration, map, size, text, url } from '../../config/kinds.ts';
import { group, row } from '../../config/rows.ts';
import type { Plain } from '../../config/tree.ts';
import { PAYLOAD_ENCODINGS } from '../events/payload.ts';
import { BODY_FORMATS } from '../settings.ts';
import { signingSecrets } from './secret-kind.ts';

/** Where requests go, and what they look like. */
export const requestRows = {
  url: row(endpointUrl(), {
    doc: 'The endpoint: where requests are sent, with the query as it stands here.',
    required: true,
    secret: true,
    legacy: ['web.hook.url', { name: 'web.hook.api.url', convert: urlOfOldLine }],
  }),
  method: row(enumeration(['POST', 'PUT', 'PATCH']), { doc: 'The method of each request.', default: 'POST' }),
  headers: row(requestHeaders(), {
    doc: 'Headers of each request. A `content-type` here replaces the one that goes with the body.',
    default: {},
    secret: true,
    legacy: ['web.hook.headers.<name>'],
  }),
  body: group({
    encoding: row(enumeration(PAYLOAD_ENCODINGS), {
      doc: 'How payloads are written; `plain` falls back to base64 for one that is not UTF-8, `base62` for one above 256 KB, and say so.',
      default: 'plain',
      legacy: ['web.hook.body.encoding_of_payload_field', 'web.hook.encode_payload'],
    }),
    format: row(enumeration(BODY_FORMATS), {
      doc: 'The keys of a body: as NanoMQ has them, as EMQX 4 sends them, or a CloudEvent (1.0, structured mode).',
      default: 'nanomq',
    }),
    source: row(eventSource(), {
      doc: "Who sends: `node` in EMQX's bodies, `source` of CloudEvents. Without it `hookmq@` and the machine's host name.",
    }),
    gzip_above: row(size(), {
      doc: 'Bodies of this many bytes and more are compressed with gzip. Without it none is.',
    }),
  }),
  secret: row(signingSecrets(), {
    doc: 'Signs each request as Standard Webhooks want it: `whsec_` and 24 to 64 bytes in base64. Several in a list, the newest first, make a signature each: to change the secret while requests go on.',
    secret: true,
  }),
};

function endpointUrl(): Kind<string> {
  const kind = url({ schemes: ['http', 'https'] });
  return checked(kind, (value) => {
    if (hasControl(value)) return 'must not have line breaks or other control characters';
    const { username, password, port } = new URL(value);
    if (port === '0') return 'must not have the port 0';
    // What a URL has behind `#` is for browsers, and is never sent.
    if (value.includes('#')) return 'must not have a #; write %23 where it belongs to the path or the query';
    return username === '' && password === ''
      ? null
      : 'must not have a user name and password; put them into headers.authorization';
  });
}

function hasControl(value: string): boolean {
  return Array.from(value).some((character) => character < ' ' || character === '\x7f');
}

/** EMQX 4.2 takes a URL without `http://`. */
function urlOfOldLine(value: Plain): Plain {
  return typeof value === 'string' && !value.includes('://') ? `http://${value}` : value;
}

/** Headers that belong to the HTTP client, or say something about the body that only the program knows. */
const RESERVED_HEADERS =
  /^(?:content-length|content-encoding|transfer-encoding|connection|proxy-connection|proxy-authorization|keep-alive|upgrade|http2-settings|expect|te|trailer)$/i;
/** Headers that say which event a request has: two of a kind are none. */
const OWN_HEADERS = /^(?:webhook-(?:id|timestamp|signature)|hookmq-.*)$/i;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function requestHeaders(): Kind<Readonly<Record<string, string>>> {
  return checked(map(text()), (headers) => {
    const names = new Set<string>();
    for (const [name, value] of Object.entries(headers)) {
      if (RESERVED_HEADERS.test(name)) return `the header ${name} cannot be set`;
      if (OWN_HEADERS.test(name)) return `the header ${name} cannot be set: requests have it already`;
      if (!HEADER_NAME.test(name)) return `${JSON.stringify(name)} is not a header's name`;
      if (names.has(name.toLowerCase())) return `the header ${name} is there twice, in different case`;
      names.add(name.toLowerCase());
      if (!HEADER_VALUE.test(value)) return `the value of ${name} has characters that a header cannot have`;
    }
    return null;
  });
}

/** `source` of a CloudEvent is a URI reference (CloudEvents 1.0, "source"); EMQX's node names are such, too. */
function eventSource(): Kind<string> {
  return checked(text('a name such as hookmq@gateway-7 or a URL'), (source) =>
    /^[\w~:/?#[\]@!$&'()*+,;=%.-]{1,256}$/.test(source)
      ? null
      : 'must be a name or URL of at most 256 characters that a URL can have',
  );
}
