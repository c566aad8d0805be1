import type { Kind } from '../../config/kind.ts';
import { scalar } from '../../config/kinds.ts';

/**
 * Secrets of Standard Webhooks (specification, "Symmetric signatures"): one text or a list of them. The value is the
 * base64 of each, without its prefix.
 */
export function signingSecrets(): Kind<readonly string[]> {
  const one = scalar('24 to 64 bytes in base64, with or without whsec_ in front', ({ text }) => secretOf(text));
  return {
    expected: `${one.expected}; or a list of such`,
    read(node, place) {
      if (node.type !== 'array') {
        const secret = one.read(node, place);
        return secret === undefined ? undefined : [secret];
      }
      if (node.items.length === 0) {
        place.problem(node.at, 'an empty list signs nothing; leave the key out where that is meant');
        return undefined;
      }
      return node.items
        .map((item, index) => one.read(item, place.item(index)))
        .filter((secret) => secret !== undefined);
    },
  };
}

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

function secretOf(text: string): string | undefined {
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const bytes = BASE64.test(base64) ? Buffer.byteLength(base64, 'base64') : 0;
  return bytes >= 24 && bytes <= 64 ? base64 : undefined;
}
