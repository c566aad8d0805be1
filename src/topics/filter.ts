/**
 * What is wrong with a topic name (a topic to publish to), or null when it is fine [MQTT-4.7.1-1] [MQTT-4.7.3-1,2].
 * Well-formed UTF-8 is the codec's business.
 */
export function validateTopic(topic: string): string | null {
  if (topic.length === 0) return 'a topic name must have at least one character';
  if (topic.includes('+') || topic.includes('#')) return 'a topic name must not have the wildcards + and #';
  if (topic.includes('\0')) return 'a topic name must not have the character U+0000';
  if (topic.length > LONGEST / 3 && Buffer.byteLength(topic) > LONGEST) return 'a topic name has at most 65,535 bytes';
  return null;
}

/**
 * What is wrong with a topic filter (shared ones included), or null when it is fine [MQTT-4.7.1-1,2] [MQTT-4.8.2-1,2].
 */
export function validateFilter(filter: string): string | null {
  if (filter.startsWith('$share/')) {
    const slash = filter.indexOf('/', 7);
    const group = slash === -1 ? filter.slice(7) : filter.slice(7, slash);
    if (group.length === 0 || /[+#\0]/.test(group))
      return 'a share name must have at least one character and no wildcards';
    if (slash === -1) return 'a shared subscription must have a filter: $share/group/filter';
    return validatePlainFilter(filter.slice(slash + 1));
  }
  return validatePlainFilter(filter);
}

function validatePlainFilter(filter: string): string | null {
  if (filter.length === 0) return 'a topic filter must have at least one character';
  if (filter.includes('\0')) return 'a topic filter must not have the character U+0000';
  const hash = filter.indexOf('#');
  if (hash !== -1 && (hash !== filter.length - 1 || (hash > 0 && filter[hash - 1] !== '/')))
    return '# must be the last level of a topic filter, alone in it';
  for (let at = filter.indexOf('+'); at !== -1; at = filter.indexOf('+', at + 1)) {
    const alone = (at === 0 || filter[at - 1] === '/') && (at === filter.length - 1 || filter[at + 1] === '/');
    if (!alone) return '+ must be alone in its level of a topic filter';
  }
  return null;
}

/** A subscription's filter taken apart; `group` is null for one that is not shared. */
export interface ParsedFilter {
  readonly group: string | null;
  readonly filter: string;
}

/** Splits `$share/group/filter`; expects a filter that `validateFilter` has passed. */
export function parseFilter(filter: string): ParsedFilter {
  if (!filter.startsWith('$share/')) return { group: null, filter };
  const slash = filter.indexOf('/', 7);
  return { group: filter.slice(7, slash), filter: filter.slice(slash + 1) };
}

/** Whether a topic is the broker's own: clients read `$SYS`, they do not write it. */
export function isInternal(topic: string): boolean {
  return topic.startsWith('$SYS/') || topic === '$SYS';
}

/** How many levels a topic or filter has. */
export function levelsOf(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) levels++;
  return levels;
}

/** Whether a topic or filter has more than `limit` levels. */
export function exceedsLevels(topic: string, limit: number): boolean {
  let levels = 1;
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) if (++levels > limit) return true;
  return false;
}

/**
 * Whether a valid, unshared `filter` matches `topic`. A leading wildcard does not match topics that start with `$`
 * [MQTT-4.7.2-1]; `a/#` matches `a` too.
 */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const first = filter.charCodeAt(0);
  if ((first === HASH || first === PLUS) && topic.charCodeAt(0) === DOLLAR) return false;
  let f = 0;
  let t = 0;
  for (;;) {
    const char = filter.charCodeAt(f);
    if (char === HASH) return true;
    if (char === PLUS) {
      f++;
      while (t < topic.length && topic.charCodeAt(t) !== SLASH) t++;
    } else {
      while (f < filter.length && filter.charCodeAt(f) !== SLASH) {
        if (t === topic.length || filter.charCodeAt(f) !== topic.charCodeAt(t)) return false;
        f++;
        t++;
      }
    }
    // Both stand at the end of a level, or they differ.
    if (f === filter.length) return t === topic.length;
    if (t === topic.length) return f + 2 === filter.length && filter.charCodeAt(f + 1) === HASH;
    if (topic.charCodeAt(t) !== SLASH) return false;
    f++;
    t++;
  }
}

/** Bytes of UTF-8. */
const LONGEST = 65_535;
const HASH = 0x23;
const PLUS = 0x2b;
const SLASH = 0x2f;
const DOLLAR = 0x24;
