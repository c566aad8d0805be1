import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import type { SysConfig } from './config.ts';
import { attachPresence, type PresenceBroker } from './presence.ts';
import { type Contributions, Tree, type TreeBroker } from './tree.ts';

export interface SysOptions {
  /** The version that is published. */
  readonly version: string;
  readonly log?: Log;
  readonly clock?: Clock;
  /** What others contribute to the figures: asked at each publication. */
  readonly contributions?: Contributions;
}

/** What is published below `$SYS`. */
export interface Sys {
  /** Publishes nothing more; the values that are retained stay. */
  close(): void;
}

/**
 * Publishes below `$SYS` what the broker does and which clients come and go; see `docs/sys-topics.md`. Does not look
 * at `config.enable`.
 */
export function attachSys(broker: TreeBroker & PresenceBroker, config: SysConfig, options: SysOptions): Sys {
  const { version, log = silentLog, clock = systemClock, contributions = () => [] } = options;
  const { interval, node, presence } = config;
  const stopPresence = presence === 'off' ? null : attachPresence(broker, presence, clock, log);
  const tree = interval === 0 ? null : new Tree(broker, { version, node }, interval, { clock, log, contributions });
  return {
    close() {
      stopPresence?.();
      tree?.close();
    },
  };
}
