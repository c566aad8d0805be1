import type { PlainObject } from '../../src/config/tree.ts';
import type { BrokerOptions } from '../../src/broker/options.ts';
import { sysConfig } from '../../src/sys/config.ts';
import { attachSys, type Sys } from '../../src/sys/sys.ts';
import { Scene } from '../kit/scene.ts';

/** A scene whose broker tells about itself, every ten seconds unless `settings` say otherwise. */
export class Stage extends Scene {
  readonly sys: Sys;
  /** What was logged by the room under test, the level in front. */
  readonly lines: string[] = [];

  constructor(settings: PlainObject = {}, options: Partial<BrokerOptions> = {}) {
    super(options);
    const say = (level: string) => (line: string) => void this.lines.push(`${level} ${line}`);
    const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    this.sys = attachSys(this.broker, sysConfig(settings), { version: '1.2.3', clock: this.clock, log });
  }

  /** What a client that comes now gets to see of `filter`: payloads by topic. It leaves again. */
  retained(filter = '$SYS/#'): Map<string, string> {
    const client = this.connect();
    client.sendSubscribe(filter);
    client.next('suback');
    const found = client.messages().map(({ topic, payload }): [string, string] => [topic, payload.toString()]);
    client.disconnect();
    return new Map(found);
  }
}
