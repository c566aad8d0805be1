import * as fc from 'fast-check';

/** Whether `filter` matches `topic`, slowly and by other means than the source: a regular expression. */
export function naiveMatch(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  if (filter === '#') return true;
  const withParent = filter.endsWith('/#');
  const levels = (withParent ? filter.slice(0, -2) : filter).split('/');
  const pattern = levels
    .map((level) => (level === '+' ? '[^/]*' : level.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)))
    .join('/');
  return new RegExp(`^${pattern}${withParent ? '(/.*)?' : ''}$`, 's').test(topic);
}

// Few names, so that filters and topics meet often; the empty level, one that starts with $ and one that contains it.
const NAMES = ['a', 'b', '', '$x', 'a$', 'ä'];
const name = fc.constantFrom(...NAMES);

/** Valid topic names: at least one character. */
export const topics = fc
  .array(name, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');

/** Valid filters, none of them shared. */
export const filters = fc
  .tuple(fc.array(fc.oneof(name, fc.constant('+')), { maxLength: 4 }), fc.constantFrom('', '#', '+', 'a'))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter((filter) => filter !== '');
