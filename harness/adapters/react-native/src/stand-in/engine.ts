// A stand-in for the vendor's engine: the same methods and listeners, made of the same table, with a web SDK underneath that
// truly talks to the service. No React Native runs here; what an app would see of the engine does.

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { convert } from '../convert';
import type { EngineClass } from '../engine';
import { LISTENERS, METHODS } from '../table';

type Message = Record<string, any>;

const ADAPTER = fileURLToPath(new URL('../../../web-sdk/adapter.mjs', import.meta.url));
const PHONE = 'engine';

/** The web SDK's adapter, in real time. */
class Underneath {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (reply: Message) => void>();
  private last = 0;
  heard: (event: Message) => void = () => {};

  constructor(version: string) {
    this.child = spawn('node', [ADAPTER, '--sdk', version, '--clock', 'real'], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const message: Message = JSON.parse(line);
      if (message.event) this.heard(message.event);
      else if (message.hello) this.answered(0, message);
      else if (message.id !== undefined) this.answered(message.id, message);
    });
  }

  private answered(id: number, message: Message) {
    this.waiting.get(id)?.(message);
    this.waiting.delete(id);
  }

  private write(id: number, message: Message): Promise<Message> {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  hello(): Promise<Message> {
    return this.write(0, { hello: { protocol: { min: 1, max: 1 }, suite: 'stand-in' } }).then(({ hello }) => hello);
  }

  ask(request: Message): Promise<Message> {
    this.last += 1;
    return this.write(this.last, { id: this.last, ...request });
  }

  end() {
    this.child.stdin!.end();
  }
}

/** What the stand-in is, and what the client underneath it can do. */
export interface StandIn {
  engine: EngineClass;
  hello: Message;
  end(): void;
}

/** Makes the class; with `perCall`, results go to the callback of a call that has one, and to the listener of no other. */
export async function standIn(version: string, perCall: boolean): Promise<StandIn> {
  const underneath = new Underneath(version);
  const hello = await underneath.hello();

  class RCIMIWEngine {
    static _instance: RCIMIWEngine | undefined;
    readonly listeners = new Map<string, (...given: unknown[]) => void>();
    readonly callbacks = new Map<string, Array<Record<string, (...given: unknown[]) => void>>>();
    ready: Promise<unknown> = Promise.resolve();

    static create(appKey: string, options: Message = {}) {
      // As the vendor's: there is one, and the next options are nobody's.
      if (RCIMIWEngine._instance) return RCIMIWEngine._instance;
      const made = new RCIMIWEngine();
      RCIMIWEngine._instance = made;
      underneath.heard = (event) => made.heard(event);
      made.ready = underneath.ask({ create: { client: PHONE, appKey, platform: 'Web', options, store: 'empty' } });
      return made;
    }

    heard({ name, args }: Message) {
      const told = Object.fromEntries((LISTENERS[name]?.params ?? []).map(([key, type]) => [key, convert(args[key], type, 'toEngine')]));
      const handlers = perCall && this.callbacks.get(name)?.shift();
      if (handlers) {
        const failed = told.code !== undefined && told.code !== 0 && 'onError' in handlers;
        for (const [handler, { event, given }] of Object.entries(this.handlersOf(name))) {
          if (event !== name || !handlers[handler]) continue;
          if ('onError' in handlers && (handler === 'onError') !== failed) continue;
          handlers[handler](...given.map((key) => told[key]));
        }
        return;
      }
      this.listeners.get(name)?.(...(LISTENERS[name]?.params ?? []).map(([key]) => told[key]));
    }

    handlersOf(event: string) {
      const found = Object.values(METHODS).find(({ perCall: handlers }) => Object.values(handlers ?? {}).some((one) => one.event === event));
      return found?.perCall ?? {};
    }

    async invoke(name: string, given: unknown[]) {
      await this.ready;
      const { params, returns, perCall: handlers } = METHODS[name];
      const args = Object.fromEntries(params.map(([key, type], at) => [key, convert(given[at], type, 'fromEngine')]));
      const callback = given[params.length] as Record<string, (...given: unknown[]) => void> | undefined;
      if (perCall && handlers && callback) {
        for (const { event } of Object.values(handlers)) {
          const waiting = this.callbacks.get(event) ?? [];
          if (!waiting.includes(callback)) this.callbacks.set(event, [...waiting, callback]);
        }
      }
      const reply = await underneath.ask({ call: { client: PHONE, method: name, args } });
      if (reply.unsupported ?? reply.error) throw new Error(reply.unsupported ?? reply.error);
      return returns === 'code' ? (reply.result.code ?? reply.result.value) : convert(reply.result.value, returns, 'toEngine');
    }

    async destroy() {
      await this.ready;
      await underneath.ask({ destroy: { client: PHONE, keepStore: false } });
      return 0;
    }
  }

  const prototype = RCIMIWEngine.prototype as any;
  for (const name of Object.keys(METHODS)) {
    if (name === 'create' || name === 'destroy') continue;
    prototype[name] = function call(this: RCIMIWEngine, ...given: unknown[]) { return this.invoke(name, given); };
  }
  for (const name of Object.keys(LISTENERS)) {
    prototype[`set${name[0].toUpperCase()}${name.slice(1)}Listener`] = function set(this: RCIMIWEngine, listener?: (...given: unknown[]) => void) {
      if (listener) this.listeners.set(name, listener);
      else this.listeners.delete(name);
    };
  }
  const known = (names: string[], table: object) => names.filter((name) => Object.hasOwn(table, name));
  return {
    engine: RCIMIWEngine,
    hello: {
      capabilities: hello.capabilities.filter((name: string) => !['network', 'restart'].includes(name)),
      methods: known(hello.methods, METHODS),
      events: known(hello.events, LISTENERS),
      unknownArgs: hello.unknownArgs,
    },
    end: () => underneath.end(),
  };
}
