// Shapes of the generated table.

/** A parameter: its name and its type as the table writes it (`string`, `Array<Message>`, `EngineOptions?`). */
export type Param = [name: string, type: string];

/** One handler of a per-call callback. */
export interface Handler {
  /** The documented callback that it stands for; empty: none. */
  event: string;
  /** Names of what it is given, in order: arguments of that callback. */
  given: string[];
}

/** A method of the engine. */
export interface Method {
  /** In order. */
  params: Param[];
  /** `code`, or the type of what its promise resolves to. */
  returns: string;
  /** Handlers of the callback that it can be given behind its parameters. */
  perCall?: Record<string, Handler>;
}

/** A callback of the engine. */
export interface Listener {
  /** What its listener is given, in order. */
  params: Param[];
}
