import type { Kind } from '../../config/kind.ts';
import { checked, list, object, text } from '../../config/kinds.ts';
import type { Place } from '../../config/place.ts';
import { refuse, row } from '../../config/rows.ts';
import type { Refusal, Values } from '../../config/rows.ts';
import { isPlainObject, nodeOf } from '../../config/tree.ts';
import type { ConfigNode, ObjectNode, Plain } from '../../config/tree.ts';
import { validateFilter } from '../../topics/filter.ts';
import { eventName, fullName } from './event-kind.ts';

/** The keys of one rule. */
const ruleKeys = {
  event: row(eventName(), {
    doc: 'The event that is sent; `action` is an older name of this key.',
    required: true,
    aliases: ['action'],
  }),
  topic: row(topicFilter(), {
    doc: 'Only messages whose topic this filter matches, or subscriptions whose filter it matches; without it, all but messages below $SYS.',
  }),
  clientid: row(pattern(), { doc: 'Only clients with such an id: `*` stands for any characters, `?` for one.' }),
  username: row(pattern(), { doc: 'Only clients with such a user name, with `*` and `?` as in `clientid`.' }),
};

type RuleValues = Values<typeof ruleKeys>;

/** What is sent. */
export const ruleRows = {
  events: row(rules(), {
    doc: 'What is sent. An event that several entries match is sent once.',
    default: [],
    legacy: [{ name: 'web.hook.rule.<group>.<event>.<number>', convert: ruleOfOldLine }],
    aliases: ['rule'],
    holdsStrays: true,
  }),
};

/** A list of rules; or, as older versions of NanoMQ have them, `rule.message.publish.1 = { ... }`. */
function rules(): Kind<readonly RuleValues[]> {
  const kind = list(object(ruleKeys));
  return {
    ...kind,
    read: (node, place) => (node.type === 'object' ? readNumbered(node, place) : kind.read(node, place)),
  };
}

const rule = object(ruleKeys);

/** Rules below the two words of their event and a number. */
function readNumbered(node: ObjectNode, place: Place): readonly RuleValues[] {
  const read: (RuleValues | undefined)[] = [];
  for (const { words, value, at } of numbered(node, place)) {
    const event = `on_${words.slice(0, -1).join('_')}`;
    if (words.length < 3 || value.type !== 'object')
      at.wrong(value, 'a rule such as message.publish.1 = { topic = "a/#" }');
    else read.push(rule.read(withEvent(value, event, at), at));
  }
  return read.filter((values) => values !== undefined);
}

interface Numbered {
  readonly words: readonly string[];
  readonly value: ConfigNode;
  readonly at: Place;
}

/** Everything three keys below an object, or above that what is no object. */
function numbered(node: ObjectNode, place: Place, above: readonly string[] = []): readonly Numbered[] {
  return Array.from(node.members).flatMap(([word, { value }]) => {
    const words = [...above, word];
    const at = place.member(word);
    return words.length < 3 && value.type === 'object' ? numbered(value, at, words) : [{ words, value, at }];
  });
}

/** A rule with the event that its key names, in place of an `action` that names the same. */
function withEvent(node: ObjectNode, event: string, place: Place): ObjectNode {
  const members = new Map(node.members);
  const action = members.get('action');
  if (action?.value.type === 'scalar' && fullName(action.value.text) !== fullName(event))
    place.problem(action.at, otherAction(action.value.text, event));
  members.delete('action');
  return { ...node, members: members.set('event', { at: node.at, value: nodeOf(event, node.at) }) };
}

function otherAction(action: unknown, event: string): string {
  return `the action ${JSON.stringify(action)} is not that of the key, ${event}`;
}

/** `web.hook.rule.message.publish.1 = {"action": "on_message_publish", "topic": "a/#"}`: the key names the event. */
function ruleOfOldLine(value: Plain, captures: Readonly<Record<string, string>>): Plain | Refusal {
  if (!isPlainObject(value))
    return refuse('must be a JSON object such as {"action": "on_message_publish", "topic": "a/#"}');
  const event = `on_${captures['group']}_${captures['event']}`;
  const { action = event, ...rest } = value;
  if (typeof action === 'string' && fullName(action) === fullName(event)) return { ...rest, event };
  return refuse(otherAction(action, event));
}

function topicFilter(): Kind<string> {
  return checked(text('a topic filter'), (filter) =>
    filter.startsWith('$share/') ? 'a rule takes a topic filter without $share' : validateFilter(filter),
  );
}

/** So that no rule costs much, whatever it is held against. */
const LONGEST_PATTERN = 256;

function pattern(): Kind<string> {
  return checked(text('a pattern such as dev-* or sensor-??'), (source) =>
    source.length <= LONGEST_PATTERN ? null : `has more than ${LONGEST_PATTERN} characters`,
  );
}
