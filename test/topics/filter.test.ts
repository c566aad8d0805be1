import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  exceedsLevels,
  isInternal,
  matches,
  parseFilter,
  validateFilter,
  validateTopic,
} from '../../src/topics/filter.ts';
import { filters, naiveMatch, topics } from './naive.ts';

/** How a verdict of the validators is tested: null is fine, anything else is a sentence. */
function assertRefused(problem: string | null, what: string): void {
  assert.ok(problem !== null && problem.length > 10, `${JSON.stringify(what)} was accepted`);
}

suite('validateTopic', () => {
  test('accepts any name with at least one character [MQTT-4.7.3-1]', () => {
    for (const topic of [
      'a',
      '/',
      '//',
      ' ',
      'a/b c/',
      '/a',
      '$SYS/x',
      '$share/g/a',
      'ä/€/🦊',
      '$',
      'a'.repeat(65_535),
    ])
      assert.equal(validateTopic(topic), null, topic);
  });

  test('refuses the empty name, wildcards and U+0000 [MQTT-3.3.2-2] [MQTT-4.7.1-1] [MQTT-4.7.3-2]', () => {
    for (const topic of ['', '+', '#', 'a/+', 'a/#', 'a+b', 'a#', '#a', 'a/+/b', '\0', 'a\0b'])
      assertRefused(validateTopic(topic), topic);
  });
});

function words(text: string): string[] {
  return text.split(' ');
}

suite('validateFilter', () => {
  const valid = [
    ...words('a a/b / // /a a/ # /# a/# a/b/# + +/ /+ +/+ +/# a/+ a/+/b +/a/# $SYS/# $SYS/+/x $ $share $shared/a'),
    ' ',
  ];
  const invalid = [
    ...words('a# #a a/#/b #/ #/a ## a/## a/b# +# #+ a+ +a a/+b a/b+ a/b+/c a/+b/c ++ a/++ +/+a \0 a/\0 a\0/#'),
    '',
  ];
  const validShared = [
    ...words(
      '$share/g/a $share/g/# $share/g/+/b $share/g// $share/g//a $share/$share/a $share/g/$share/h/a $share/g/$SYS/#',
    ),
    '$share/ä b/a',
  ];
  const invalidShared = [
    ...words(
      '$share/ $share// $share//a $share/g $share/g/ $share/+/a $share/#/a $share/g+/a $share/g#/a $share/# $share/g/a# $share/g/#/a $share/g/a+ $share/g/a\0',
    ),
  ];

  test('accepts wildcards that are alone in their level, # in the last one [MQTT-4.7.1-1] [MQTT-4.7.1-2]', () => {
    for (const filter of valid) assert.equal(validateFilter(filter), null, filter);
  });

  test('refuses any other wildcard, the empty filter and U+0000', () => {
    for (const filter of invalid) assertRefused(validateFilter(filter), filter);
  });

  test('accepts shared filters with a share name and a filter [MQTT-4.8.2-1]', () => {
    for (const filter of validShared) assert.equal(validateFilter(filter), null, filter);
  });

  test('refuses share names that are empty or have wildcards, and those without a filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]', () => {
    for (const filter of invalidShared) assertRefused(validateFilter(filter), filter);
  });

  test('accepts each topic name as a filter, and each filter that is made of levels', () => {
    fc.assert(
      fc.property(topics, filters, (topic, filter) => {
        assert.equal(validateTopic(topic), null);
        assert.equal(validateFilter(topic), null);
        assert.equal(validateFilter(filter), null);
        assert.equal(validateFilter(`$share/group/${filter}`), null);
      }),
      { seed: 41, numRuns: 1000 },
    );
  });
});

suite('parseFilter', () => {
  test('takes a shared filter apart and leaves any other alone', () => {
    assert.deepEqual(parseFilter('$share/g/a/b'), { group: 'g', filter: 'a/b' });
    assert.deepEqual(parseFilter('$share/g//'), { group: 'g', filter: '/' });
    assert.deepEqual(parseFilter('$share/$share/$share/g/a'), { group: '$share', filter: '$share/g/a' });
    for (const filter of ['a/b', '$share', '$shared/g/a', '$SYS/#', '/$share/g/a'])
      assert.deepEqual(parseFilter(filter), { group: null, filter });
  });
});

suite('isInternal', () => {
  test("is true for $SYS and what is below, and for no client's topic", () => {
    for (const topic of ['$SYS', '$SYS/', '$SYS/broker/uptime']) assert.equal(isInternal(topic), true, topic);
    for (const topic of ['$SYSTEM', '$sys/a', '$', '$other/a', 'a/$SYS', '/$SYS'])
      assert.equal(isInternal(topic), false, topic);
  });
});

suite('exceedsLevels', () => {
  test('counts the levels, empty ones too', () => {
    for (const topic of ['a/b', '/', '//', 'a/b/c', '///a']) {
      const levels = topic.split('/').length;
      assert.equal(exceedsLevels(topic, levels), false, topic);
      assert.equal(exceedsLevels(topic, levels - 1), true, topic);
    }
    assert.equal(exceedsLevels('a', 1), false);
  });
});

suite('matches', () => {
  const rows: readonly (readonly [filter: string, yes: string, no: string])[] = [
    [
      'sport/tennis/player1/#',
      'sport/tennis/player1 sport/tennis/player1/ranking sport/tennis/player1/score/wimbledon',
      'sport/tennis/player2 sport/tennis/player11 sport/tennis',
    ],
    ['sport/#', 'sport sport/ sport/a/b', 'sports Sport /sport'],
    ['#', 'a / a/b //', '$SYS $SYS/a $'],
    ['sport/tennis/+', 'sport/tennis/player1 sport/tennis/', 'sport/tennis sport/tennis/player1/ranking'],
    ['sport/+', 'sport/ sport/x', 'sport sport/x/y'],
    ['+/+', '/finance a/ /', 'finance $SYS/a'],
    ['/+', '/finance /', 'a/finance finance'],
    ['+', 'finance a', '/finance $SYS'],
    ['+/monitor/Clients', 'a/monitor/Clients', '$SYS/monitor/Clients'],
    ['$SYS/#', '$SYS $SYS/ $SYS/a/b', '$SYSTEM a/$SYS'],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', '$SYS/monitor $SYS/monitor/a/b'],
    ['+/#', 'a a/b / /a', '$SYS $SYS/a'],
    ['a/+/#', 'a/b a/ a/b/c', 'a b/a'],
    ['a/$b', 'a/$b', 'a/b'],
    ['a/+', 'a/$b', ''],
    ['/', '/', '// a/ /a'],
    ['a', 'a', 'A a/ /a aa ä'],
  ];

  for (const [filter, yes, no] of rows)
    test(`holds for ${filter} (4.7.1, 4.7.2)`, () => {
      for (const topic of words(yes)) assert.equal(matches(filter, topic), true, topic);
      for (const topic of words(no)) assert.equal(matches(filter, topic), false, topic);
    });

  test('agrees with a naive matcher', () => {
    fc.assert(
      fc.property(filters, topics, (filter, topic) => assert.equal(matches(filter, topic), naiveMatch(filter, topic))),
      { seed: 42, numRuns: 20_000 },
    );
  });

  test('carries 20,000 levels', () => {
    const topic = '/'.repeat(20_000);
    const filter = topic.replaceAll('/', '+/');
    assert.equal(validateFilter(`${filter}#`), null);
    assert.equal(matches(`${filter}#`, topic), true);
    assert.equal(matches(`${filter}a`, topic), false);
  });
});
