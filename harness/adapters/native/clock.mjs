// Virtual time in a client's own process, below `engine.mjs`: the vendor's JavaScript gets timers that run when they are told
// to. Its dates, and the addon's clocks and waits, are the clock shim's (`../clock-shim`).

import http from 'node:http';

const MOST_TIMERS_AN_INSTANT = 10_000;

/** One turn of the loop: what has been called back runs. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

export class VirtualTimers {
  constructor() {
    this.timers = new Map();
    this.last = 0;
    this.names = {
      setTimeout: (run, ms, ...args) => this.#set(run, ms, args, false),
      setInterval: (run, ms, ...args) => this.#set(run, ms, args, true),
      clearTimeout: (timer) => this.#clear(timer),
      clearInterval: (timer) => this.#clear(timer),
    };
  }

  #set(run, ms, args, again) {
    const delay = Math.max(again ? 1 : 0, Math.trunc(Number(ms)) || 0);
    // What is to run at once is no matter of time.
    if (delay === 0) return setTimeout(run, 0, ...args);
    const id = this.last += 1;
    const timer = { id, ref: () => timer, unref: () => timer, hasRef: () => true };
    this.timers.set(id, { id, run: () => run(...args), due: Date.now() + delay, every: again ? delay : undefined });
    return timer;
  }

  #clear(timer) {
    if (typeof timer?.id === 'number') this.timers.delete(timer.id);
    else clearTimeout(timer);
  }

  #first() {
    let first;
    for (const timer of this.timers.values()) if (!first || timer.due < first.due) first = timer;
    return first;
  }

  /** When the next one is due, milliseconds since 1970; null without one. */
  next() {
    return this.#first()?.due ?? null;
  }

  /** Runs what is due by now, in the order of instants; of one instant, in the order in which it was set. */
  async run() {
    for (let ran = 0; ; ran += 1) {
      const timer = this.#first();
      if (!timer || timer.due > Date.now()) return;
      if (ran > MOST_TIMERS_AN_INSTANT) throw new Error(`more than ${ran} timers are due at one instant`);
      if (timer.every) timer.due += timer.every;
      else this.timers.delete(timer.id);
      timer.run();
      await turn();
    }
  }

  /** The time limits of HTTP requests are these timers, too: Node's own would be real. */
  limitRequests() {
    const { setTimeout: set, clearTimeout: clear } = this.names;
    http.ClientRequest.prototype.setTimeout = function limited(ms, call) {
      if (call) this.once('timeout', call);
      if (!(ms > 0)) return this;
      const timer = set(() => this.emit('timeout'), ms);
      this.once('close', () => clear(timer));
      return this;
    };
  }
}
