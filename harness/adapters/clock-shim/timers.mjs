// What the shim is for native code, for a client's own JavaScript in Node: `node --import timers.mjs …`, with the variables
// CLOCK_SHIM_PAGE and CLOCK_SHIM_SCRIPT. setTimeout and setInterval follow the page for callers whose file has the latter in
// its path; all others keep real time.

import { openSync, readSync } from 'node:fs';

const LOOK_MS = 2;
const { CLOCK_SHIM_PAGE: path, CLOCK_SHIM_SCRIPT: script } = process.env;
const real = { setTimeout, setInterval, clearTimeout, clearInterval };
const page = openSync(path, 'r');
const bytes = Buffer.alloc(8);
const timers = new Set();

function now() {
  readSync(page, bytes, 0, 8, 0);
  return Number(bytes.readBigInt64LE(0));
}

/** The stack's third line names who called the function that asks. */
function isOurs() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  const { stack } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').at(3)?.includes(script) ?? false;
}

class Timer {
  constructor(call, ms, again) {
    const delay = Math.max(1, Number(ms) || 0);
    Object.assign(this, { call, due: now() + delay, every: again ? delay : undefined });
    timers.add(this);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return false; }
}

globalThis.setTimeout = (call, ms, ...args) => (ms > 0 && isOurs() ? new Timer(() => call(...args), ms, false) : real.setTimeout(call, ms, ...args));
globalThis.setInterval = (call, ms, ...args) => (isOurs() ? new Timer(() => call(...args), ms, true) : real.setInterval(call, ms, ...args));
globalThis.clearTimeout = (timer) => (timer instanceof Timer ? void timers.delete(timer) : real.clearTimeout(timer));
globalThis.clearInterval = globalThis.clearTimeout;

/** What is due runs in the order of its instants; of one instant, in the order in which it was set. */
function look() {
  const limit = now();
  for (;;) {
    let next;
    for (const timer of timers) if (timer.due <= limit && (!next || timer.due < next.due)) next = timer;
    if (!next) return;
    if (next.every) next.due += next.every;
    else timers.delete(next);
    next.call();
  }
}
real.setInterval(look, LOOK_MS).unref();
