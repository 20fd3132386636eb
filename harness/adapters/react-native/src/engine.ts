// One engine, driven by table: calls by name with arguments by name, callbacks told by name.

import { convert } from './convert';
import { LISTENERS, METHODS } from './table';

/** The vendor's engine, as far as this module looks at it. */
export type AnyEngine = Record<string, any>;

/** The class `RCIMIWEngine`. */
export interface EngineClass {
  create(appKey: string, options?: any): any;
}

/** How results of calls come. */
export type Delivery =
  /** To the global listeners: what the documentation describes. */
  | 'listeners'
  /** To a callback that a call is given behind its arguments; what comes by itself, and what has none, to the listeners. */
  | 'callbacks';

/** A reply of the adapter protocol, without its id. */
export type Reply = { result: { code: number } | { value: unknown } } | { unsupported: string };

type Args = Record<string, unknown>;
type Emit = (name: string, args: Args) => void;

const setterOf = (listener: string) => `set${listener[0].toUpperCase()}${listener.slice(1)}Listener`;

/** Methods that a class of engines has, of those that are documented. */
export const methodsOf = (engines: EngineClass) => {
  const made = (engines as any).prototype ?? {};
  return Object.keys(METHODS).filter((name) => name === 'create' || typeof made[name] === 'function');
};

/** Callbacks that a class of engines has a listener for. */
export const listenersOf = (engines: EngineClass) => {
  const made = (engines as any).prototype ?? {};
  return Object.keys(LISTENERS).filter((name) => typeof made[setterOf(name)] === 'function');
};

export class Engine {
  private readonly engine: AnyEngine;

  constructor(
    private readonly engines: EngineClass,
    appKey: string,
    options: Args,
    private readonly delivery: Delivery,
    private readonly emit: Emit,
  ) {
    // There is one engine an app, and the class keeps it even when it is destroyed: the next one is to have its own options.
    if ('_instance' in engines) (engines as any)._instance = undefined;
    this.engine = engines.create(appKey, convert(options, 'EngineOptions', 'toEngine'));
    for (const [name, { params }] of Object.entries(LISTENERS)) {
      this.listen(name, (...given: unknown[]) => {
        const args: Args = {};
        params.forEach(([key, type], at) => {
          if (given[at] !== undefined) args[key] = convert(given[at], type, 'fromEngine');
        });
        this.emit(name, args);
      });
    }
  }

  private listen(name: string, listener?: (...given: unknown[]) => void) {
    const setter = this.engine[setterOf(name)];
    if (typeof setter === 'function') setter.call(this.engine, listener);
  }

  /** Calls a method by its documented name. */
  async call(name: string, args: Args): Promise<Reply> {
    const method = METHODS[name];
    if (!method || typeof this.engine[name] !== 'function') return { unsupported: `the engine has no ${name}` };
    const given: unknown[] = method.params.map(([key, type]) => convert(args[key], type, 'toEngine'));
    if (this.delivery === 'callbacks' && method.perCall) given.push(this.callback(name, args));
    const returned = await this.engine[name](...given);
    if (method.returns !== 'code') return { result: { value: convert(returned ?? null, method.returns, 'fromEngine') } };
    return typeof returned === 'number' ? { result: { code: returned } } : { result: { value: returned ?? null } };
  }

  /** The callback of one call; what the app knows already is told from the call's own arguments. */
  private callback(name: string, args: Args) {
    const handlers: Record<string, (...given: unknown[]) => void> = {};
    for (const [handler, { event, given: keys }] of Object.entries(METHODS[name].perCall ?? {})) {
      const params = LISTENERS[event]?.params;
      if (!params) continue;
      const types = new Map(params);
      handlers[handler] = (...given: unknown[]) => {
        const told: Args = {};
        for (const [key] of params) if (args[key] !== undefined) told[key] = args[key];
        // What succeeds has no code of its own.
        if (types.has('code') && !keys.includes('code')) told.code = 0;
        keys.forEach((key, at) => {
          if (given[at] !== undefined) told[key] = convert(given[at], types.get(key) ?? '', 'fromEngine');
        });
        this.emit(event, told);
      };
    }
    return handlers;
  }

  /** Ends it; nobody hears it any more. */
  async destroy(): Promise<void> {
    for (const name of Object.keys(LISTENERS)) this.listen(name);
    await this.engine.destroy?.();
    if ('_instance' in this.engines) (this.engines as any)._instance = undefined;
  }
}
