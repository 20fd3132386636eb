// The client's first frame, CONNECT: header, check byte, length, and a body under a fixed pad. A text is put behind it.

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

/** Where the body of the frame that `bytes` begin with lies; undefined: not all of it is there. */
function span(bytes) {
  let size = 0;
  for (let at = 2; at < bytes.length; at += 1) {
    size |= (bytes[at] & 127) << (7 * (at - 2));
    if (bytes[at] < 128) return bytes.length > at + size ? { from: at + 1, to: at + 1 + size } : undefined;
  }
  return undefined;
}

/** What a connection begins with, with a text behind its CONNECT; undefined: more has to come first. */
export function labelled(bytes, text) {
  // A TLS handshake, or nothing that is known: as it is.
  if (bytes.length > 0 && bytes[0] >> 4 !== CONNECT) return bytes;
  if (bytes.length > 0 && bytes[0] === 0x16) return bytes;
  const body = span(bytes);
  if (!body) return undefined;
  const label = Buffer.from(text);
  const length = Buffer.from([label.length >> 8, label.length & 255]);
  const whole = Buffer.concat([padded(bytes.subarray(body.from, body.to)), length, label]);
  const size = sizeBytes(whole.length);
  const check = size.reduce((sum, byte) => sum ^ byte, bytes[0]);
  return Buffer.concat([Buffer.from([bytes[0], check, ...size]), padded(whole), bytes.subarray(body.to)]);
}
