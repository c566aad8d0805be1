import type { Client } from './client.ts';
import type { DropReason } from './events.ts';
import type { Hooks } from './hooks.ts';
import type { Message } from './message.ts';
import type { Counters } from './stats.ts';

/** What dropping needs; every part of the broker has it. */
export interface DropContext {
  readonly hooks: Hooks;
  readonly counters: Counters;
}

/** Counts a message that a receiver (null: everybody) does not get, and tells it: nothing is dropped in silence. */
export function drop(context: DropContext, message: Message, receiver: Client | null, reason: DropReason): void {
  context.counters.dropped[reason]++;
  const tell = context.hooks.events['message.dropped'];
  if (tell !== null) tell(message, receiver, reason);
}
