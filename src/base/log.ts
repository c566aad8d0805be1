/** Where a part reports to the operator. One line a call; no secrets, no payloads. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Says nothing: the default of the library, whose user has listeners instead. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
