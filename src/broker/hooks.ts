import type { Log } from '../base/log.ts';
import { mayCarry, ReasonCode, type ReasonName } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { BrokerEvents, EventListener, EventName } from './events.ts';
import type { Message, QoS } from './message.ts';

/**
 * A hook's answer: the first opinion wins, `ignore` leaves the question to the next hook and then to the default. A
 * denial may name the reason code and say why; 5.0 clients get both.
 */
export type Verdict = 'allow' | 'deny' | 'ignore' | Denial;

export interface Denial {
  /** `not_authorized` goes out in its place where the answer to the client may not carry it. */
  readonly deny: ReasonName;
  /** The Reason String, for people; cut off after 1,000 characters. */
  readonly text?: string;
}

/** What an enhanced authentication begins with (5.0, section 4.12). */
export interface AuthenticationStart {
  /** The Authentication Method, for example `SCRAM-SHA-256`. */
  readonly method: string;
  /** The Authentication Data of CONNECT, or of the AUTH packet that asks for re-authentication. */
  readonly data: Buffer | undefined;
  /** The client is connected already and authenticates itself anew. */
  readonly again: boolean;
}

/**
 * One step of an enhanced authentication: `ignore` is for methods that a hook does not have (nobody's method is
 * refused with 0x8C; later in the exchange it denies); `allow` ends it, with the data that the client may want as a
 * proof; `ask` sends AUTH with data, and `next` gets what the client answers. Data has at most 65,535 bytes.
 */
export type AuthenticationStep =
  | 'ignore'
  | 'deny'
  | Denial
  | { readonly allow: Buffer | null }
  | {
      readonly ask: Buffer | null;
      readonly next: (data: Buffer | undefined) => AuthenticationStep | Promise<AuthenticationStep>;
    };

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

/**
 * The questions that the broker asks: arguments and answer of each. Where no hook has an opinion the answer is `allow`;
 * for `client.authenticate` the option `allowAnonymous` says it.
 */
export interface BrokerHooks {
  /** May this client connect? `password` is the raw bytes of CONNECT. */
  'client.authenticate': (client: Client, password: Buffer | undefined) => Verdict | Promise<Verdict>;
  /** May this client connect, or stay, by the authentication method that it names? Asked instead of the above. */
  'client.authenticate.enhanced': (
    client: Client,
    start: AuthenticationStart,
  ) => AuthenticationStep | Promise<AuthenticationStep>;
  /** May this client publish to this topic, or subscribe to this filter? Wills are asked about too. */
  'client.authorize': (client: Client, access: Access) => Verdict | Promise<Verdict>;
  /** Shall this message be routed, and as it is? Asked after authorisation. */
  'message.publish': (message: Message) => MessageVerdict | Promise<MessageVerdict>;
}

export type HookName = keyof BrokerHooks;

type AnyListener = (...args: unknown[]) => unknown;
type Answer = MessageVerdict | AuthenticationStep;
type AnyHook = (...args: unknown[]) => Answer | Promise<Answer>;

/**
 * Who listens and who is asked. Each name has one slot, null while nobody uses it: what is not used costs one null
 * check on the road of a message.
 */
export class Hooks {
  readonly events: { [K in EventName]: EventListener<K> | null } = {
    'client.connect': null,
    'client.connack': null,
    'client.connected': null,
    'client.disconnected': null,
    'client.subscribe': null,
    'client.unsubscribe': null,
    'session.created': null,
    'session.resumed': null,
    'session.takenover': null,
    'session.discarded': null,
    'session.terminated': null,
    'session.subscribed': null,
    'session.unsubscribed': null,
    'message.published': null,
    'message.delivered': null,
    'message.acked': null,
    'message.dropped': null,
  };
  readonly questions: { [K in HookName]: BrokerHooks[K] | null } = {
    'client.authenticate': null,
    'client.authenticate.enhanced': null,
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
    const from = (index: number, args: unknown[]): Answer | Promise<Answer> => {
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
            const later = (answer as Answer | undefined | null) ?? 'ignore';
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
function denialOf(verdict: Answer): ReasonName {
  return typeof verdict === 'object' && 'deny' in verdict ? verdict.deny : 'not_authorized';
}

/** The reason code of a denial as a packet of this type may carry it: one that says no, and one of its own codes. */
export function denialCode(verdict: Answer, packetType: number): number {
  const code = ReasonCode[denialOf(verdict)];
  return code >= 0x80 && mayCarry(packetType, code) ? code : ReasonCode.not_authorized;
}

/** The Reason String of a denial, undefined without one. */
export function denialText(verdict: Answer): string | undefined {
  if (typeof verdict !== 'object' || !('deny' in verdict) || verdict.text === undefined) return undefined;
  return verdict.text.slice(0, LONGEST_TEXT).replaceAll('\0', ''); // [MQTT-1.5.4-2]
}

/** Characters of a Reason String. */
const LONGEST_TEXT = 1000;
