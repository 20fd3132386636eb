// A native client's process as its front sees it. What it said counts, and not how it ended.

import { fork } from 'node:child_process';
import { join } from 'node:path';

import { log, send } from '../web-sdk/protocol.mjs';
import { HERE } from './install.mjs';
import { Page, stillness } from './time.mjs';

const CALL_LIMIT_MS = 28_000;
const END_LIMIT_MS = 5_000;
/** How long a client may go on before it is said to be restless. */
const REST_LIMIT_MS = 10_000;
const PAUSE_MS = 1;
/** Virtual time after which a client without a connection is idle: longer than the addon's time limits for what it asks. */
const IDLE_AFTER_MS = 120_000;
/** How often in a row it may sleep with something on its link that does not come. */
const HELD = 20;
/** How often it is looked after without a pause. */
const EAGER = 3;
/** How often in a row a client must be found at rest. */
const CALM = 2;

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export class Child {
  /** In virtual time it begins at `now`, milliseconds since 1970; undefined: it lives in real time. */
  constructor(now) {
    this.page = now === undefined ? undefined : new Page(now);
    /** When the next timer of its script is due; null: there is none. */
    this.timer = null;
    /** Whatever it does or is told to do makes it another number. */
    this.activity = 0;
    /** When it was last seen to do something, milliseconds since 1970. */
    this.busyAt = now;
    this.waiting = new Map();
    this.last = 0;
    this.watchers = [];
    const prints = process.env.NATIVE_LOG ? 2 : 'ignore';
    const stdio = ['ignore', prints, prints, 'ipc', ...(this.page ? ['pipe'] : [])];
    this.process = fork(join(HERE, 'engine.mjs'), [], { stdio, env: { ...process.env, ...this.page?.variables() } });
    this.bell = this.process.stdio[4];
    this.bell?.on('error', () => {});
    this.process.on('message', (message) => this.heard(message));
    this.gone = new Promise((resolve) => {
      this.process.on('exit', (code, signal) => {
        this.end(`the client's process ended (${signal ?? code})`);
        this.page?.remove();
        resolve();
      });
    });
  }

  heard({ event, log: said, id, reply }) {
    if (this.ended) return;
    if (event) {
      this.activity += 1;
      this.busyAt = this.page?.now;
      send({ event });
      this.watchers = this.watchers.filter(({ name, seen }) => name !== event.name || seen());
    }
    else if (said) log(said.level, said.text);
    else this.settle(id, reply);
  }

  /** When a callback of that name next comes. */
  next(name) {
    return new Promise((seen) => this.watchers.push({ name, seen }));
  }

  settle(id, reply) {
    const { resolve, timer } = this.waiting.get(id) ?? {};
    clearTimeout(timer);
    this.waiting.delete(id);
    resolve?.(reply);
  }

  ask(act, args) {
    if (this.ended) return Promise.resolve({ error: this.ended });
    const id = this.last += 1;
    if (act !== 'rest') this.activity += 1;
    return new Promise((resolve) => {
      const late = () => this.settle(id, { error: `no answer to ${act} within ${CALL_LIMIT_MS / 1000} s` });
      this.waiting.set(id, { resolve, timer: setTimeout(late, CALL_LIMIT_MS) });
      this.process.send({ id, act, args });
    });
  }

  /** What its script says of its timers. */
  told({ timer, error }) {
    if (error) throw new Error(error);
    this.timer = timer;
  }

  /** Whether it was found at rest, and nothing has happened since. */
  rests(link) {
    return this.rested === this.activity + link.activity && link.isEmpty();
  }

  /**
   * Whether its addon has nothing to do but to wait: it has not been told to log in, or has had no connection and nothing to
   * tell for a while. Such waits are over every few seconds: days and years of them would be gone through one by one.
   */
  isIdle(link) {
    return !this.hasBegun || (link.isClosed() && this.page.now - this.busyAt > IDLE_AFTER_MS);
  }

  /** When something of its own is due next, milliseconds since 1970; null: nothing is. */
  due(link) {
    const dues = [this.isIdle(link) ? null : this.page.next(), this.timer].filter((due) => due !== null);
    return dues.length > 0 ? Math.min(...dues) : null;
  }

  /** Lets the addon's waits end that are over; false: there were none. */
  async ring() {
    const due = this.page.next();
    if (due === null || due > this.page.now || this.ended) return false;
    this.activity += 1;
    const rung = new Promise((resolve) => this.bell.once('data', resolve));
    this.bell.write('.');
    await Promise.race([rung, this.gone]);
    return true;
  }

  /**
   * Waits until the client rests: nothing is on its way through its link, its script has nothing left to do at this instant,
   * and its other threads sleep and have not been woken meanwhile. Fails if that does not come; what the service holds back on
   * the link is not waited for.
   */
  async rest(link) {
    const until = performance.now() + REST_LIMIT_MS;
    const passed = () => this.activity + link.activity;
    if (this.rests(link)) return;
    const quietly = this.passedLink;
    for (let calm = 0, held = 0, looks = 0, before; calm < CALM;) {
      const naps = this.page.areHandsShaken() ? stillness(this.process.pid) : undefined;
      const sleeps = naps !== undefined && naps === before?.naps && passed() === before.passed;
      calm = sleeps && link.isEmpty() ? calm + 1 : 0;
      held = sleeps && calm === 0 ? held + 1 : 0;
      // What one frame does is done before the next one comes: the client's threads would race for it.
      if (sleeps && link.release()) held = 0;
      if (calm === CALM) break;
      if (held === HELD) return;
      before = { naps, passed: passed() };
      this.told(await this.ask('rest', {}));
      // What went through the kernel may be on its way still; who is at work for long needs the processor.
      looks += 1;
      await ((calm > 0 && link.activity !== quietly) || looks > EAGER ? pause() : turn());
      await turn();
      if (performance.now() > until) throw new Error(`the client does not come to rest within ${REST_LIMIT_MS / 1000} s`);
    }
    if (link.activity !== this.passedLink) this.busyAt = this.page.now;
    this.rested = passed();
    this.passedLink = link.activity;
  }

  end(why) {
    this.ended ??= why;
    for (const id of [...this.waiting.keys()]) this.settle(id, { error: this.ended });
  }

  /** It closes its store first; resolves when the process is gone. Nobody hears it any more. */
  leave() {
    this.end('destroyed');
    if (this.process.connected) this.process.send({ act: 'end' });
    const timer = setTimeout(() => this.process.kill('SIGKILL'), END_LIMIT_MS);
    return this.gone.finally(() => clearTimeout(timer));
  }

  kill() {
    this.end('destroyed');
    this.process.kill('SIGKILL');
    return this.gone;
  }
}
