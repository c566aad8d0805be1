import { suite, test } from 'node:test';
import type { ProtocolVersion } from '../../../src/codec/packets.ts';
import { allCases } from '../cases/index.ts';
import { type Case, numbersFor } from './case.ts';
import { chapter } from './document.ts';
import { Scene } from './scene.ts';
import type { Transport } from './transport.ts';

const VERSION_NAMES: Record<ProtocolVersion, string> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };

/** Makes a test of every case and version, in suites by section. */
export function runAllCases(transport: Transport): void {
  const cases = allCases.filter(({ over }) => over === undefined || over === transport.name);
  for (const [part, members] of Map.groupBy(cases, ({ ids: [first] }) =>
    first === undefined ? 'only 3.1' : `section ${chapter(first)}`,
  ))
    suite(`${part} over ${transport.name}`, () => {
      for (const member of members) for (const version of member.versions) runCase(member, version, transport);
    });
}

function runCase(member: Case, version: ProtocolVersion, transport: Transport): void {
  const numbers = numbersFor(member, version).map((number) => `[${number}] `);
  test(`${numbers.join('')}${VERSION_NAMES[version]}: ${member.title}`, async () => {
    await using scene = await Scene.start(transport, version, member.broker ?? {});
    await member.run(scene);
  });
}
