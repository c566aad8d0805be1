import { type Config, readConfig } from '../app.ts';
import { nearestKey } from '../config/nearest-key.ts';
import { Failure, UsageError } from './failure.ts';

/** The endpoints of a configuration by their names: all that are enabled, or the one that was asked for. */
export type Endpoints = Config['webhook'];

/**
 * Reads the endpoints that a command is about.
 *
 * @param conf the value of `--conf`, which is needed.
 * @param name the value of `--endpoint`: only that one.
 * @throws UsageError, Failure when there is no such endpoint, ConfigError.
 */
export function readEndpoints(conf: string | undefined, name: string | undefined): Endpoints {
  if (conf === undefined) throw new UsageError('--conf FILE is missing');
  const { webhook } = readConfig(conf);
  const names = Object.keys(webhook);
  if (names.length === 0) throw new Failure(`${conf}: there is no webhook that is enabled`);
  if (name === undefined) return webhook;
  const found = Object.hasOwn(webhook, name) ? webhook[name] : undefined;
  if (found !== undefined) return { [name]: found };
  const known = nearestKey(name, names, []);
  const instead = known === undefined ? `enabled are ${names.join(', ')}` : `did you mean ${known}?`;
  throw new Failure(`${conf}: no endpoint ${name} is enabled, ${instead}`);
}
