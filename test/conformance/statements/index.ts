import { mqtt311 } from './mqtt311.ts';
import { mqtt5Basics } from './mqtt5-1.ts';
import { mqtt5Packets } from './mqtt5-3.ts';
import { mqtt5Behaviour } from './mqtt5-4.ts';
import type { Statement } from './statement.ts';

/** Every statement of each specification, in its order. */
export const specifications: readonly { readonly name: '5.0' | '3.1.1'; readonly all: readonly Statement[] }[] = [
  { name: '5.0', all: [...mqtt5Basics, ...mqtt5Packets, ...mqtt5Behaviour] },
  { name: '3.1.1', all: mqtt311 },
];
