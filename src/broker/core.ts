import { Deadlines } from '../base/deadlines.ts';
import { ProtocolError } from '../codec/errors.ts';
import { ReasonCode } from '../codec/reason-codes.ts';
import { TopicCache } from '../codec/topic-cache.ts';
import { validateTopic } from '../topics/filter.ts';
import type { Connection } from './connection.ts';
import { Gate } from './gate.ts';
import { Hooks } from './hooks.ts';
import type { BrokerOptions } from './options.ts';
import { Router } from './router.ts';
import { Sessions } from './sessions.ts';
import { newCounters } from './stats.ts';
import { topicExcessOf } from './topic-limits.ts';
import { Turn } from './turn.ts';

/** What the parts of one broker share. */
export class Core {
  readonly options: BrokerOptions;
  readonly hooks: Hooks;
  readonly counters = newCounters();
  readonly deadlines: Deadlines;
  readonly turn: Turn;
  readonly topics: TopicCache;
  readonly router: Router;
  readonly sessions: Sessions;
  /** The broker's bounds of connections. */
  readonly gate: Gate;
  /** Connections beyond a bound, kept until they can be told so. */
  readonly refused = new Set<Connection>();

  /**
   * When the packets that are being handled came, milliseconds since the Unix epoch: asked of the clock once for all that
   * came together.
   */
  arrival = 0;

  constructor(options: BrokerOptions) {
    this.options = options;
    this.hooks = new Hooks(options.log);
    this.deadlines = new Deadlines(options.clock);
    this.turn = new Turn(options.clock);
    this.topics = new TopicCache((topic) => checkTopic(this, topic));
    this.router = new Router(this);
    this.sessions = new Sessions(this);
    this.gate = new Gate(options, options.clock.now());
  }
}

/** Made once for each topic that clients publish to. */
function checkTopic(core: Core, topic: string): void {
  if (topic === '') return; // A topic alias stands for it, or the handler refuses it.
  const problem = validateTopic(topic) ?? topicExcessOf(core, topic);
  if (problem !== null) throw new ProtocolError(ReasonCode.topic_name_invalid, problem);
}
