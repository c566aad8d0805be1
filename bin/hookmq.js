#!/usr/bin/env node
// Kept to what Node 12 can parse, so that an old Node gets a sentence instead of a SyntaxError.
import { existsSync } from 'fs';
import { fileURLToPath } from 'url';

const NEEDED = [24, 20];

const source = new URL('../src/cli/main.ts', import.meta.url);
const inCheckout = existsSync(fileURLToPath(source));
const found = process.versions.node.split('.').map(Number);

if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
  const instead = inCheckout ? '; in the checkout, `npm run hookmq -- COMMAND` brings the right one' : '';
  console.error(`hookmq: needs Node ${NEEDED.join('.')} or newer, this is ${process.versions.node}${instead}`);
  process.exitCode = 1;
} else {
  // What asks `hookmq start` to read certificates anew is not to end it while it is loading: it has read none yet.
  if (process.argv[2] === 'start') process.on('SIGHUP', () => {});
  void import(inCheckout ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
}
