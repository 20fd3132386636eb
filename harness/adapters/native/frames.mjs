// Frames of native TCP: header, check byte, length, and a body under a fixed pad. They are counted; behind the first one of a
// client, CONNECT, a text is put.

/** What a frame's body is XORed with, from its first byte on. */
const PAD = Buffer.from('6c4d152110271677', 'hex');
const CONNECT = 1;

const padded = (body) => Buffer.from(body.map((byte, at) => byte ^ PAD[at % PAD.length]));

/** Seven bits a byte, low first. */
function sizeBytes(size) {
  const bytes = [];
  for (let rest = size; ; rest >>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return bytes;
  }
}

/** How long the frame is that `bytes` begin with; all of them, if they are no whole one. */
export function firstFrame(bytes) {
  return span(bytes)?.to ?? bytes.length;
}

/** Where the body of the frame that `bytes` begin with lies; undefined: not all of it is there. */
function span(bytes) {
  let size = 0;
  for (let at = 2; at < bytes.length; at += 1) {
    size |= (bytes[at] & 127) << (7 * (at - 2));
    if (bytes[at] < 128) return bytes.length > at + size ? { from: at + 1, to: at + 1 + size } : undefined;
  }
  return undefined;
}

/** What a connection begins with, with a text behind its CONNECT, and the rest; undefined: more has to come first. */
export function labelled(bytes, text) {
  // A TLS handshake, or nothing that is known: as it is.
  if (bytes.length > 0 && (bytes[0] >> 4 !== CONNECT || bytes[0] === 0x16)) return { whole: bytes, rest: Buffer.alloc(0) };
  const body = span(bytes);
  if (!body) return undefined;
  const label = Buffer.from(text);
  const length = Buffer.from([label.length >> 8, label.length & 255]);
  const whole = Buffer.concat([padded(bytes.subarray(body.from, body.to)), length, label]);
  const size = sizeBytes(whole.length);
  const check = size.reduce((sum, byte) => sum ^ byte, bytes[0]);
  return { whole: Buffer.concat([Buffer.from([bytes[0], check, ...size]), padded(whole)]), rest: bytes.subarray(body.to) };
}

/** Counts whole frames of a stream. */
export class FrameCount {
  constructor() {
    this.frames = 0;
    this.head = []; // header, check byte and what has come of the length
    this.body = 0; // bytes of it that have not come
  }

  take(bytes) {
    for (let at = 0; at < bytes.length;) {
      if (this.body > 0) {
        const took = Math.min(this.body, bytes.length - at);
        this.body -= took;
        at += took;
      } else {
        this.head.push(bytes[at]);
        at += 1;
        if (this.head.length < 3 || this.head.at(-1) > 127) continue;
        this.body = this.head.slice(2).reduce((size, byte, place) => size + (byte & 127) * 2 ** (7 * place), 0);
        this.head = [];
      }
      if (this.body === 0 && this.head.length === 0) this.frames += 1;
    }
  }
}
