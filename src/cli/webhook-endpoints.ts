import { type Config, readConfig, readKeptEndpoints } from '../app.ts';
import { nearestKey } from '../config/nearest-key.ts';
import { Failure, UsageError } from './failure.ts';

/** The endpoints of a configuration by their names: all, or the one that was asked for. */
type Endpoints<C> = Readonly<Record<string, C>>;

/**
 * Reads the endpoints that a command is about, of those that are enabled.
 *
 * @param conf the value of `--conf`, which is needed.
 * @param name the value of `--endpoint`: only that one.
 * @throws UsageError, Failure when there is no such endpoint, ConfigError.
 */
export function readEndpoints(
  conf: string | undefined,
  name: string | undefined,
): Endpoints<Config['webhook'][string]> {
  if (conf === undefined) throw new UsageError('--conf FILE is missing');
  const { webhook } = readConfig(conf);
  const names = Object.keys(webhook);
  if (names.length === 0) throw new Failure(`${conf}: there is no webhook that is enabled`);
  return chosen(
    webhook,
    name,
    (instead) => `${conf}: no endpoint ${name} is enabled, ${instead ?? `enabled are ${names.join(', ')}`}`,
  );
}

/** The same, also of endpoints that are not enabled: what they left in their spools is there nevertheless. */
export function readAllEndpoints(
  conf: string | undefined,
  name: string | undefined,
): Endpoints<ReturnType<typeof readKeptEndpoints>[string]> {
  if (conf === undefined) throw new UsageError('--conf FILE is missing');
  const webhook = readKeptEndpoints(conf);
  const names = Object.keys(webhook);
  if (names.length === 0) throw new Failure(`${conf}: there is no webhook`);
  return chosen(
    webhook,
    name,
    (instead) => `${conf}: there is no endpoint ${name}, ${instead ?? `there are ${names.join(', ')}`}`,
  );
}

/** `missing`: what is said when there is no such endpoint; perhaps with what was meant. */
function chosen<C>(
  endpoints: Endpoints<C>,
  name: string | undefined,
  missing: (instead: string | undefined) => string,
): Endpoints<C> {
  if (name === undefined) return endpoints;
  const found = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  if (found !== undefined) return { [name]: found };
  const known = nearestKey(name, Object.keys(endpoints), []);
  throw new Failure(missing(known === undefined ? undefined : `did you mean ${known}?`));
}
