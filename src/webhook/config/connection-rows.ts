import type { Kind } from '../../config/kind.ts';
import { boolean, duration, integer, scalar, text } from '../../config/kinds.ts';
import { rate } from '../../config/rate-kinds.ts';
import { group, refuse, row } from '../../config/rows.ts';
import type { Refusal } from '../../config/rows.ts';
import type { Plain } from '../../config/tree.ts';

/** Pipelining where EMQX's key only says that there is some. */
const EMQX_PIPELINING = 8;

const MOST_PIPELINED = 64;

/** How the endpoint is reached. */
export const connectionRows = {
  pool_size: row(integer({ min: 1, max: 1024 }), {
    doc: 'Connections to the endpoint at most.',
    default: 32,
    legacy: ['web.hook.pool_size'],
  }),
  pipelining: row(integer({ min: 1, max: MOST_PIPELINED }), {
    doc: 'Requests on one connection at the same time; above 1 only for endpoints that take a request before they have answered the one before.',
    default: 1,
    legacy: [{ name: 'web.hook.enable_pipelining', convert: pipeliningOfOldLine }],
  }),
  http2: row(boolean(), { doc: 'Whether HTTP/2 is spoken where an `https` endpoint offers it.', default: true }),
  connect_timeout: row(patience(), {
    doc: 'How long connecting may take, TLS included. Without it as `cancel_timeout`.',
  }),
  timeout: row(patience(), {
    doc: 'How long the answer to a request may take to begin. Without it as `cancel_timeout`.',
  }),
  cancel_timeout: row(patience(), {
    doc: "NanoMQ's key for `connect_timeout` and `timeout`, where they are not there. A number without unit is milliseconds, in all three.",
    default: '5s',
    legacy: ['web.hook.cancel_timeout'],
  }),
  follow_redirects: row(integer({ max: 10 }), {
    doc: 'How many redirects of a request are followed, those that keep method and body (307 and 308).',
    default: 0,
  }),
  rate: row(rate(), { doc: 'Requests per second at most.', default: 'unlimited' }),
  tls: group(
    {
      cacertfile: row(pemFile(), {
        doc: "The certificates that the endpoint's certificate must be signed with. Without it the authorities that Node knows.",
        legacy: ['web.hook.ssl.cacertfile', 'web.hook.ssl.cafile'],
      }),
      certfile: row(pemFile(), {
        doc: 'The certificate that the endpoint is shown, with those that signed it behind it where it needs them.',
        legacy: ['web.hook.ssl.certfile'],
      }),
      keyfile: row(pemFile(), {
        doc: 'The private key of the certificate.',
        legacy: ['web.hook.ssl.keyfile'],
      }),
      key_password: row(text(), {
        doc: 'The password of the private key, if it has one.',
        secret: true,
        legacy: ['web.hook.ssl.key_password'],
      }),
      verify: row(verification(), {
        doc: 'Whether the certificate must be valid and be the one of the host; without that anybody in between can read and change the requests.',
        default: true,
        legacy: ['web.hook.ssl.verify'],
      }),
      sni: row(serverName(), {
        doc: "The host name that the certificate must be for, and that the endpoint is told (SNI). Without it the URL's.",
        legacy: [{ name: 'web.hook.ssl.server_name_indication', convert: serverNameOfOldLine }],
      }),
    },
    { aliases: ['ssl'] },
  ),
};

function patience(): Kind<number> {
  return duration({ min: 1, max: 3_600_000, bare: 'ms' });
}

function pemFile(): Kind<string> {
  return text('the path of a PEM file');
}

/** Also in Erlang's words, as EMQX has it. */
function verification(): Kind<boolean> {
  return scalar('true or false (or verify_peer or verify_none)', ({ text: written }) => {
    const lower = written.toLowerCase();
    if (lower === 'true' || lower === 'verify_peer') return true;
    return lower === 'false' || lower === 'verify_none' ? false : undefined;
  });
}

/** An IP address is none: SNI has host names only (RFC 6066, section 3). */
function serverName(): Kind<string> {
  return scalar('a host name such as hooks.example.com', ({ text: name }) =>
    /^(?=.{1,253}$)(?!.*\.\d+$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(
      name,
    )
      ? name
      : undefined,
  );
}

/** EMQX 4: true, false, or (4.3) how many. */
function pipeliningOfOldLine(value: Plain): Plain {
  const written = typeof value === 'string' ? value.toLowerCase() : JSON.stringify(value);
  if (written === 'true') return EMQX_PIPELINING;
  if (written === 'false') return 1;
  return /^\d+$/.test(written) ? Math.min(Number(written), MOST_PIPELINED) : value;
}

function serverNameOfOldLine(value: Plain): Plain | Refusal {
  return value === 'disable' ? refuse('`disable` is not supported; name the host that the certificate is for') : value;
}
