// One native client of a scenario in a process of its own; spoken to by `adapter.mjs`, its front, over IPC.

import { VirtualTimers } from './clock.mjs';
import { METHODS, NativeClient } from './native.mjs';
import { prepare } from './vendor.mjs';
import { raise } from './wall.mjs';

const post = (message) => process.connected && process.send(message);
const log = (level, text) => post({ log: { level, text } });

// What the SDK prints is no part of the protocol; NATIVE_LOG=1 shows it on stderr.
const show = process.env.NATIVE_LOG ? (...args) => process.stderr.write(`${args.map(String).join(' ')}\n`) : () => {};
for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[name] = show;

raise((host) => show(`refused: ${host}`));
const timers = process.env.CLOCK_SHIM_PAGE ? new VirtualTimers() : undefined;
timers?.limitRequests();
const begin = prepare(timers?.names);

/** What a call of the store alone has to wait for at most, before it is answered without its callback. */
const STORE_LIMIT_MS = 5_000;

/** Methods of the main process that ask nobody but the store. */
const OF_STORE = new Set([
  'getConversation', 'getConversationListByTimestamp', 'getTopConversationList', 'getBlockedConversationList', 'clearConversations',
  'batchDeleteConversations', 'getConversationUnreadCount', 'getTotalUnreadCount', 'getTotalUnreadCountByLevels',
  'getUnreadMentionedCount', 'getUnreadMentionedMessages', 'getFirstUnreadMessage', 'clearUnreadCountByTimestamp',
  'saveTextMessageDraft', 'getTextMessageDraft', 'clearTextMessageDraft', 'getMessage', 'insertMessage', 'batchInsertMessage',
  'setMessageSentStatus', 'setMessageReceivedStatus', 'deleteLocalMessages', 'deleteLocalMessagesByTimestamp',
  'deleteLocalUGMessagesForAllChannel', 'clearLocalMessages', 'getLocalMessageCount', 'searchMessagesWithParams',
  'searchConversationByContent', 'getConversationNotificationLevel', 'getConversationTypeNotificationLevel', 'getUltraGroupList',
  'getUGUnreadCountForAllChannels', 'getTagList', 'getTagsForConversation', 'registerMessageType',
]);

const ofStore = (method, args) => OF_STORE.has(method) || (method === 'getHistoryMessage' && args[2] === true);

const turn = () => new Promise((resolve) => setImmediate(resolve));

let client;
let events = 0;
const asked = new Set();

function create(how) {
  const { client: name } = how;
  client = new NativeClient(patient, how, (event, args) => {
    events += 1;
    post({ event: { n: events, client: name, name: event, args } });
  });
  return { code: 0 };
}

/** A call without an answer gives no callback: the case shows it by what is missing. */
function patient(options, heard) {
  const vendor = begin(options, heard);
  const kept = (promise) => promise.catch((error) => {
    log('error', error.message);
    return new Promise(() => {});
  });
  return {
    ...vendor,
    ask(method, ...args) {
      const answered = kept(vendor.ask(method, ...args));
      if (ofStore(method, args)) {
        asked.add(answered);
        answered.then(() => asked.delete(answered));
      }
      return answered;
    },
    send: (...args) => kept(vendor.send(...args)),
  };
}

function call({ method, args = {} }) {
  if (!METHODS.includes(method) || typeof client[method] !== 'function') return { unsupported: `the native client: ${method} is not mapped` };
  return client[method](args);
}

/** The service cannot see that the store is asked: callbacks of such calls come before the call is answered. */
async function heardFromStore() {
  const until = performance.now() + STORE_LIMIT_MS;
  while (asked.size > 0 && performance.now() < until) {
    const late = new Promise((resolve) => setTimeout(resolve, until - performance.now()).unref());
    await Promise.race([Promise.all(asked), late]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function handle({ act, args }) {
  if (act === 'create') return create(args);
  if (act === 'call') {
    const reply = await call(args);
    // In virtual time it is seen when it rests.
    if (!timers) await heardFromStore();
    return reply;
  }
  if (act === 'run') {
    await timers.run();
    return { timer: timers.next() };
  }
  // What it was about to do has been done by then.
  if (act === 'rest') {
    await turn();
    await turn();
    return { timer: timers.next() };
  }
  return { unsupported: `no such act: ${act}` };
}

let ending;
const end = () => {
  ending ??= Promise.resolve(client?.end()).finally(() => process.exit(0));
};

process.on('message', async ({ id, ...request }) => {
  if (request.act === 'end') return end();
  try {
    post({ id, reply: await handle(request) });
  } catch (error) {
    post({ id, reply: { error: `${error?.stack ?? error}` } });
  }
});
process.on('disconnect', end);
process.on('unhandledRejection', (error) => log('error', `unhandled: ${error?.stack ?? error}`));
process.on('uncaughtException', (error) => log('error', `uncaught: ${error?.stack ?? error}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, end);
