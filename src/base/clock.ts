/** Time as the broker sees it: its only source of it, so that tests can move it. */
export interface Clock {
  /** Milliseconds that only grow, for deadlines: a gateway's clock may jump by years when it first hears of the time. */
  now(): number;
  /** Milliseconds since the Unix epoch, for time stamps. */
  date(): number;
  /** Calls `run` once after `ms`; returns what cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` once, after all input that is ready now has been handled. */
  endOfTurn(run: () => void): void;
}

/** The longest time that Node's timers take; longer waits are made of several. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const wait = (rest: number): void => {
      if (rest > LONGEST) timer = setTimeout(() => wait(rest - LONGEST), LONGEST);
      else timer = setTimeout(run, rest);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
  endOfTurn(run) {
    setImmediate(run);
  },
};
