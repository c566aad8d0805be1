import type { Log } from '../base/log.ts';
import type { ReasonName } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { BrokerEvents, EventListener, EventName } from './events.ts';
import type { Message, QoS } from './message.ts';

/** A hook's answer: the first opinion wins, `ignore` leaves the question to the next hook and then to the default. */
export type Verdict = 'allow' | 'deny' | 'ignore' | { readonly deny: ReasonName };

/** An answer to `message.publish`: as `Verdict`, or the message changed. */
export type MessageVerdict = Verdict | { readonly change: MessageChange };

/** What a hook may change of a message before it is routed. */
export interface MessageChange {
  readonly topic?: string;
  readonly payload?: Buffer;
  readonly qos?: QoS;
  readonly retain?: boolean;
}

/** What a client wants to do with a topic (publish) or a topic filter (subscribe; `$share/group/` is taken off). */
export interface Access {
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
  readonly qos: QoS;
  /** The RETAIN flag of a message; false for a subscription. */
  readonly retain: boolean;
}

/** The questions that the broker asks: arguments and answer of each. Without a hook the answer is `allow`. */
export interface BrokerHooks {
  /** May this client connect? `password` is the raw bytes of CONNECT. */
  'client.authenticate': (client: Client, password: Buffer | undefined) => Verdict | Promise<Verdict>;
  /** May this client publish to this topic, or subscribe to this filter? Wills are asked about too. */
  'client.authorize': (client: Client, access: Access) => Verdict | Promise<Verdict>;
  /** Shall this message be routed, and as it is? Asked after authorisation. */
  'message.publish': (message: Message) => MessageVerdict | Promise<MessageVerdict>;
}

export type HookName = keyof BrokerHooks;

type AnyListener = (...args: unknown[]) => unknown;
type AnyHook = (...args: unknown[]) => MessageVerdict | Promise<MessageVerdict>;

/**
 * Who listens and who is asked. Each name has one slot, null while nobody uses it: what is not used costs one null
 * check on the road of a message.
 */
export class Hooks {
  readonly events: { [K in EventName]: EventListener<K> | null } = {
    'client.connack': null,
    'client.connected': null,
    'client.disconnected': null,
    'session.subscribed': null,
    'session.unsubscribed': null,
    'message.published': null,
    'message.dropped': null,
  };
  readonly questions: { [K in HookName]: BrokerHooks[K] | null } = {
    'client.authenticate': null,
    'client.authorize': null,
    'message.publish': null,
  };
  readonly #listeners = new Map<string, AnyListener[]>();
  readonly #hooks = new Map<string, AnyHook[]>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Adds a listener; returns what removes it. What a listener throws is logged and harms nobody else. */
  on<K extends EventName>(name: K, listener: (...args: BrokerEvents[K]) => void): () => void {
    const compose = (all: AnyListener[]): void => {
      this.#listeners.set(name, all);
      (this.events as Record<string, AnyListener | null>)[name] = all.length === 0 ? null : this.#tellAll(name, all);
    };
    // A function of its own: who adds the same listener twice takes them off one by one.
    const added: AnyListener = (...args) => (listener as AnyListener)(...args);
    compose([...(this.#listeners.get(name) ?? []), added]);
    return () => compose((this.#listeners.get(name) ?? []).filter((other) => other !== added));
  }

  /** Adds a hook after those that are there; returns what removes it. A hook that throws has denied. */
  hook<K extends HookName>(name: K, hook: BrokerHooks[K]): () => void {
    const compose = (all: AnyHook[]): void => {
      this.#hooks.set(name, all);
      (this.questions as Record<string, AnyHook | null>)[name] = all.length === 0 ? null : this.#askAll(name, all);
    };
    const added: AnyHook = (...args) => (hook as AnyHook)(...args);
    compose([...(this.#hooks.get(name) ?? []), added]);
    return () => compose((this.#hooks.get(name) ?? []).filter((other) => other !== added));
  }

  #tellAll(name: string, listeners: readonly AnyListener[]): AnyListener {
    const failed = (error: unknown): void => this.#log.error(`a listener of ${name} failed: ${String(error)}`);
    return (...args) => {
      for (const listener of listeners) {
        try {
          const result = listener(...args);
          if (result instanceof Promise) result.catch(failed);
        } catch (error) {
          failed(error);
        }
      }
    };
  }

  #askAll(name: string, hooks: readonly AnyHook[]): AnyHook {
    const failed = (error: unknown): Verdict => {
      this.#log.error(`a hook of ${name} failed, the answer is deny: ${String(error)}`);
      return 'deny';
    };
    const from = (index: number, args: unknown[]): MessageVerdict | Promise<MessageVerdict> => {
      for (let i = index; i < hooks.length; i++) {
        let verdict;
        try {
          verdict = hooks[i]?.(...args) ?? 'ignore';
        } catch (error) {
          return failed(error);
        }
        if (verdict instanceof Promise)
          return verdict.then((answer) => {
            // A hook that says nothing has no opinion, whether it says so at once or later.
            const later = (answer as MessageVerdict | undefined | null) ?? 'ignore';
            return later === 'ignore' ? from(i + 1, args) : later;
          }, failed);
        if (verdict !== 'ignore') return verdict;
      }
      return 'ignore';
    };
    return (...args) => from(0, args);
  }
}

/** Whether an answer lets something happen. */
export function allows(verdict: MessageVerdict): boolean {
  return verdict === 'allow' || verdict === 'ignore' || (typeof verdict === 'object' && 'change' in verdict);
}

/** The reason code's name in a denial. */
export function denialOf(verdict: MessageVerdict): ReasonName {
  return typeof verdict === 'object' && 'deny' in verdict ? verdict.deny : 'not_authorized';
}
