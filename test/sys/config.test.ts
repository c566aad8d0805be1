import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sysConfig, sysSection } from '../../src/sys/config.ts';
import { load, problemLines } from '../config/reading.ts';

const defaults = { enable: true, interval: 10_000, node: 'hookmq@127.0.0.1', presence: 'client_status' };

/** What is said about one setting. */
function complaint(name: string, value: string | number): string {
  return problemLines(() => sysConfig({ [name]: value })).join('; ');
}

suite('the section sys', () => {
  test('has defaults, whether it is there or not', (t) => {
    assert.deepEqual(load(t, '', [sysSection]), { config: { sys: defaults } });
    assert.deepEqual(load(t, 'sys {}', [sysSection]), { config: { sys: defaults } });
    assert.deepEqual(sysConfig(), defaults);
  });

  test('has an interval in seconds or with a unit, or none', () => {
    const spans = { '60s': 60_000, 1: 1000, '1m': 60_000, off: 0, OFF: 0, '0s': 0, 0: 0 };
    for (const [written, ms] of Object.entries(spans)) assert.equal(sysConfig({ interval: written }).interval, ms);
    assert.match(complaint('interval', '999ms'), /^sys\.interval: "999ms" is not at least 1s$/);
    assert.match(complaint('interval', '25h'), /at most 1d/);
    assert.match(complaint('interval', 'on'), /a duration such as .*seconds/);
  });

  test('is read from a file', (t) => {
    const text = 'sys { enable = false, interval = off, node = "edge-1@10.0.0.1", presence = off }';
    const sys = { enable: false, interval: 0, node: 'edge-1@10.0.0.1', presence: 'off' };
    assert.deepEqual(load(t, text, [sysSection]), { config: { sys } });
  });

  test('refuses names of a node that make no topic of its own', () => {
    for (const name of ['a/b', 'a+', '#', 'a\0', 'x'.repeat(257)])
      assert.match(complaint('node', name), /^sys\.node: must be one topic level/, name);
    for (const name of ['client_status', 'connected', 'disconnected'])
      assert.match(complaint('node', name), /is the topic of something else/);
    assert.match(complaint('presence', 'client'), /one of client_status, connected, both, off/);
  });
});
