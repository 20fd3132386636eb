// A native client's process as its front sees it. What it said counts, and not how it ended.

import { fork } from 'node:child_process';
import { join } from 'node:path';

import { log, send } from '../web-sdk/protocol.mjs';
import { HERE } from './install.mjs';

const CALL_LIMIT_MS = 28_000;
const END_LIMIT_MS = 5_000;

export class Child {
  constructor() {
    this.waiting = new Map();
    this.last = 0;
    this.watchers = [];
    const prints = process.env.NATIVE_LOG ? 2 : 'ignore';
    this.process = fork(join(HERE, 'engine.mjs'), [], { stdio: ['ignore', prints, prints, 'ipc'] });
    this.process.on('message', (message) => this.heard(message));
    this.gone = new Promise((resolve) => {
      this.process.on('exit', (code, signal) => {
        this.end(`the client's process ended (${signal ?? code})`);
        resolve();
      });
    });
  }

  heard({ event, log: said, id, reply }) {
    if (this.ended) return;
    if (event) {
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
    return new Promise((resolve) => {
      const late = () => this.settle(id, { error: `no answer to ${act} within ${CALL_LIMIT_MS / 1000} s` });
      this.waiting.set(id, { resolve, timer: setTimeout(late, CALL_LIMIT_MS) });
      this.process.send({ id, act, args });
    });
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
  }
}
