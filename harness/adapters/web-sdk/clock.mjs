// A virtual clock that only the SDK's own files see. Nothing on disk changes: files under `@rongcloud` are compiled with
// the clock's timers and `Date`, and the browser they are to live in, as local names on their first line. So a later SDK
// instance in the same process has its own, and an earlier one never reaches it.

import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';

const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'];
const MOST_TIMERS_AN_INSTANT = 10_000;

/** Loads a package from `folder`, afresh, so that its own files see these `names` as if they were global. */
export function load(folder, name, names) {
  globalThis.__virtualClock = names;
  const prologue = `var {${Object.keys(names).join(',')}}=globalThis.__virtualClock;`;
  const compile = (module, file) => {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const strict = /^\s*(['"])use strict\1/.test(text) ? '"use strict";' : '';
    module._compile(strict + prologue + text, file);
  };
  const plain = Module._extensions['.js'];
  const hook = (module, file) => {
    if (/[\\/]@rongcloud[\\/]/.test(file)) compile(module, file);
    else plain(module, file);
  };
  Module._extensions['.js'] = hook;
  Module._extensions['.cjs'] = hook;
  const require = createRequire(join(folder, 'package.json'));
  for (const file of Object.keys(require.cache)) if (/[\\/]@rongcloud[\\/]/.test(file)) delete require.cache[file];
  return require(name);
}

/** The machine's own clock, with timers that end with the instance. */
export class RealClock {
  constructor() {
    this.timers = new Set();
    const own = (start, stop) => (run, ...more) => {
      const timer = start((...args) => {
        if (stop) this.timers.delete(timer);
        run(...args);
      }, ...more);
      this.timers.add(timer);
      return timer;
    };
    const clear = (timer) => {
      this.timers.delete(timer);
      clearTimeout(timer);
    };
    this.names = {
      setTimeout: own(setTimeout, true), clearTimeout: clear, setInterval: own(setInterval, false), clearInterval: clear,
    };
  }

  /** Nobody asks for its next timer: it runs by itself. */
  next() {
    return null;
  }

  stop() {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  load(folder, name, names = {}) {
    return load(folder, name, { ...names, ...this.names });
  }
}

export class VirtualClock {
  constructor(fakeTimers, epoch) {
    this.epoch = epoch;
    this.fake = fakeTimers.createClock(epoch, 1_000_000);
  }

  /** Milliseconds since the scenario began. */
  now() {
    return this.fake.now - this.epoch;
  }

  /** When the next timer is due, in milliseconds since the scenario began; null without one. */
  next() {
    let first = Infinity;
    for (const { callAt } of this.fake.timers?.values() ?? []) first = Math.min(first, callAt);
    return first === Infinity ? null : first - this.epoch;
  }

  /** Runs the timers of the next due instant, at most up to `to`, letting promises run after each. */
  async tick(to) {
    const next = this.next();
    const instant = next === null ? to : Math.max(this.now(), Math.min(next, to));
    for (let fired = 0; ; fired += 1) {
      if (fired > MOST_TIMERS_AN_INSTANT) throw new Error(`more than ${fired} timers are due at ${instant} ms`);
      const due = this.next();
      if (due === null || due > instant) break;
      this.fake.next();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.now() < instant) this.fake.tick(instant - this.now());
    return this.now();
  }

  /** Nothing more happens in this clock's time. */
  stop() {
    this.fake.reset();
    this.stopped = true;
  }

  /** Loads a package so that its files live in this clock's time and see these `names`. */
  load(folder, name, names = {}) {
    return load(folder, name, { ...names, ...Object.fromEntries(FAKED.map((key) => [key, this.fake[key]])) });
  }
}
