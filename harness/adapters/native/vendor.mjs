// The vendor's addon and main-process script in plain Node, in place of Electron: a folder, and a channel to a renderer, which
// is us. One a process, because the addon is a singleton.

import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { load as loadWith } from '../web-sdk/clock.mjs';
import { HERE } from './install.mjs';

const PACKAGE = '@rongcloud/electron';
const SETTLE_MS = 500;
const CALL_LIMIT_MS = 40_000;

const ipcMain = new EventEmitter();
const app = Object.assign(new EventEmitter(), { getPath: () => tmpdir() });
const load = Module._load;
Module._load = (request, ...more) => (request === 'electron' ? { app, ipcMain } : load(request, ...more));
const require = createRequire(join(HERE, 'package.json'));

// The addon's threads do not hold Node's event loop, and leaving without `destroy` crashes: a timer stays.
setInterval(() => {}, 1000);

/**
 * Loads addon and script, which takes longest; what it gives makes the one client. The script sees `names` as if they were
 * global: timers, in virtual time.
 */
export function prepare(names) {
  const main = names ? loadWith(HERE, PACKAGE, names) : require(PACKAGE);
  // It listens only to a renderer of the same build, which both name by a commit.
  const script = readFileSync(require.resolve(PACKAGE), 'utf8');
  const commitId = /"([0-9a-f]{40})"!==\w+\.commitId/.exec(script)?.[1];
  if (!commitId) throw new Error(`${PACKAGE}: its build commit is not where it was in 5.46.1`);
  return (options, heard) => begin(main.default ?? main, commitId, options, heard);
}

/** The script draws its device's id as an MD5 sum of five parts: it gets that of `device` instead, if there is one. */
function onDevice(device, make) {
  if (!device) return make();
  const { createHash } = crypto;
  const id = createHash('md5').update(device).digest('hex');
  crypto.createHash = (kind, ...more) => {
    const hash = createHash(kind, ...more);
    const update = hash.update.bind(hash);
    hash.update = (text) => {
      if (kind === 'md5' && `${text}`.split('__').length === 5) hash.digest = () => id;
      return update(text);
    };
    return hash;
  };
  try {
    return make();
  } finally {
    crypto.createHash = createHash;
  }
}

/** The client; `heard` takes its notifications, by name and arguments. `options` are those of a renderer. */
function begin(main, commitId, { appkey, dbpath, navi, device, ...options }, heard) {
  const service = onDevice(device, () => main({ appkey, dbpath, logOutputLevel: 1, disableLogReport: true }));
  const waiting = new Map();
  let last = 0;
  const sender = {
    isDestroyed: () => false,
    once() {},
    send(channel, ...args) {
      if (channel === '__RC_CHANNEL_RESULT_FROM_MAIN__') waiting.get(args[0])?.(args[1]);
      else if (channel === '__RC_CHANNEL_NOTIFICATION_FROM_MAIN__') heard(args[0], args.slice(1));
    },
  };
  const navigators = navi ? [navi] : [];
  ipcMain.emit('__RC_INNER_COMMAND_INIT__', { sender }, {
    commitId, navigators, areaCode: 1, environment: 'default', useNaviV2: true, logServerUrl: navi, ...options,
  });

  /** A method of the main process; its result has `isOk`, `code` and `data`. */
  function ask(method, ...args) {
    const id = `call-${last += 1}`;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`the native client said nothing to ${method} within ${CALL_LIMIT_MS} ms`));
      const timer = setTimeout(late, CALL_LIMIT_MS);
      waiting.set(id, (result) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(result);
      });
      ipcMain.emit('__RC_CHANNEL_CALL_MAIN__', { sender }, id, method, ...args);
    });
  }

  return {
    ask,
    /** It answers twice: `attached` gets the local id, the promise the result. */
    send(conversation, message, attached = () => {}) {
      const local = `local-${last += 1}`;
      waiting.set(local, (messageId) => {
        waiting.delete(local);
        attached(messageId);
      });
      return ask('sendMessage', conversation, message, 'trace', local);
    },
    /** Without it, the process crashes when it ends. */
    async end() {
      service.destroy();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    },
  };
}
