// Nothing but loopback: a client of another service's making stays on this machine.

import dns from 'node:dns';
import net from 'node:net';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

const refused = (host) => Object.assign(new Error(`${host} is not loopback`), { code: 'ENOTFOUND' });

/** Host of `connect(options)`, `connect(port, host)` and of the list that Node makes of either. */
function hostOf(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) return first.path ? undefined : first.host;
  return typeof second === 'string' ? second : undefined;
}

/** From here on, no name but loopback's is looked up and no socket leaves the machine. */
export function raise(onRefused = () => {}) {
  const lookup = dns.lookup;
  dns.lookup = (host, options, done) => {
    if (LOOPBACK.has(host)) return lookup(host, options, done);
    onRefused(host);
    const back = typeof options === 'function' ? options : done;
    process.nextTick(() => back(refused(host)));
    return {};
  };
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function connectWithin(...args) {
    const host = hostOf(args);
    // A name is left to the lookup above, so that the client sees an ordinary failure.
    if (host !== undefined && net.isIP(host) && !LOOPBACK.has(host)) {
      onRefused(host);
      process.nextTick(() => this.destroy(refused(host)));
      return this;
    }
    return connect.apply(this, args);
  };
}
