/** What was typed is wrong: one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot do its work here and now: one line per problem in the message, exit status 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
