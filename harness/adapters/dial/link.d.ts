/** A message of the adapter protocol: see `../protocol.schema.json`. */
export type Message = Record<string, any>;

/** What a link needs of a WebSocket class: that of browsers and of React Native. */
export interface Socket {
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
}

export interface DialOptions {
  /** Where to dial in: `ws://HOST:PORT/adapter?token=…`, as the harness printed it. */
  url: string;
  /** The reply to a request. */
  handle(message: Message): Message | Promise<Message>;
  /** A conversation begins: nothing of an earlier one may be left. */
  forget?(): void | Promise<void>;
  /** Hears what becomes of the link. */
  told?(text: string): void;
  /** The WebSocket class; the global one if not given. */
  WebSocket?: new (url: string) => Socket;
}

export interface Link {
  /** Tells an event or a log line. */
  say(message: Message): void;
  /** Resolves when the run is over; rejects when the harness does not let this adapter in, or is gone. */
  ended: Promise<void>;
}

/** Dials in, answers what is asked, and comes back when the link is lost. */
export function dial(options: DialOptions): Link;
