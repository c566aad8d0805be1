import { readFileSync } from 'node:fs';

/** The version in package.json, which lies as far from the sources as from what is built of them. */
export function version(): string {
  const found: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : 'unknown';
}
