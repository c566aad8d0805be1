// Writes docs/conformance.md from the tables and the cases: `npm run conformance`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { conformanceDocument } from './kit/document.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
mkdirSync(docs, { recursive: true });
writeFileSync(`${docs}conformance.md`, conformanceDocument());
