// Makes `src/table.ts` of `fixtures/api.yaml`: every method and callback of the documented engine, as data.
// `node generate.mjs` writes it; `node generate.mjs --check` tells whether it is current.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../../fixtures/api.yaml', import.meta.url));
const TARGET = fileURLToPath(new URL('src/table.ts', import.meta.url));

/** Handlers of per-call callbacks that are not called like the callback that they stand for. */
const HANDLERS = {
  onMessageAttached: 'onMessageSaved',
  onMediaMessageAttached: 'onMediaMessageSaved',
  onGroupMessageToDesignatedUsersAttached: 'onMessageSaved',
  onGroupMessageToDesignatedUsersSent: 'onMessageSent',
};
/** What a call to cancel answers on its own; the media call it is about hears of it besides. */
const CANCELS = {
  cancelSendingMediaMessage: 'onCancelSendingMediaMessageCalled',
  cancelDownloadingMediaMessage: 'onCancelDownloadingMediaMessageCalled',
};
/** Callbacks of a call that tell of its course and not of its end. */
const COURSE = new Set(['onMessageAttached', 'onMediaMessageAttached', 'onGroupMessageToDesignatedUsersAttached']);
/** What handlers are given where that follows from nothing. */
const GIVEN = {
  addChatRoomEntries: ['code', 'errorEntries'],
  sendGroupReadReceiptResponse: ['code'],
  recallUltraGroupMessage: ['code'],
};
/** The same of what succeeds. */
const FETCHED = {
  getChatRoomMessages: ['messages'],
};
/** A media call hears besides that it was cancelled. */
const CANCELLED = {
  sendMediaMessage: 'onSendingMediaMessageCanceled',
  downloadMediaMessage: 'onDownloadingMediaMessageCanceled',
};
/** Callbacks that stay those of the listener. */
const LISTENED = new Set(['onChatRoomJoining']);
/** Methods that have no per-call callback. */
const NONE = (name) => /^(create|destroy|disconnect|setDeviceToken|load|send.*TypingStatus$)/.test(name) && name !== 'sendUltraGroupTypingStatus';

function read(text) {
  const api = {};
  let section;
  for (const line of text.split('\n')) {
    const [, name] = /^(\w+):$/.exec(line) ?? [];
    if (name) {
      section = name;
      api[section] = {};
      continue;
    }
    // One line each, its value in YAML's JSON form.
    const [, key, value] = /^ {2}(\w+): (.+)$/.exec(line) ?? [];
    if (key && section) api[section][key] = JSON.parse(value);
  }
  return api;
}

/** The handlers of a method's per-call callback: which documented callback each is, and what it is given. */
function handlers(name, { params, answers }, events) {
  if (NONE(name)) return undefined;
  const end = answers.at(-1);
  const fetches = /^(get|search)/.test(name);
  const made = {};
  if (fetches) {
    // It succeeds with what was asked for, or fails with a code alone.
    const given = end ? Object.keys(events[end].params).filter((key) => key !== 'code' && !(key in params)) : ['message'];
    return { onSuccess: { event: end ?? '', given: FETCHED[name] ?? given }, onError: { event: end ?? '', given: ['code'] } };
  }
  for (const event of answers) {
    if (LISTENED.has(event)) continue;
    const all = Object.keys(events[event].params);
    // The app knows what it has asked for: that is not told again, unless it is a message, a room or a user.
    const told = all.filter((key) => ['code', 'message', 'messages', 'progress', 'userId'].includes(key) || (key === 'targetId' && /ChatRoom(Joined|Left)$/.test(event)));
    made[CANCELS[name] ?? HANDLERS[event] ?? event] = { event, given: COURSE.has(event) ? ['message'] : (GIVEN[name] ?? told) };
  }
  const cancelled = CANCELLED[name];
  if (cancelled) made[cancelled] = { event: cancelled, given: ['message'] };
  return Object.keys(made).length ? made : undefined;
}

const quote = (value) => JSON.stringify(value);

const names = (type, entries) => [`export type ${type} =`, `${entries.map(([name]) => `  | '${name}'`).join('\n')};`];

function table(api) {
  const own = (entries) => Object.entries(entries).filter(([, { beyond }]) => !beyond);
  const lines = [
    '// Made by `generate.mjs` of `fixtures/api.yaml`: change that, not this.',
    '',
    "import type { Listener, Method } from './shape';",
    '',
    '/** Methods of the engine by name. */',
    'export const METHODS: Record<string, Method> = {',
    ...own(api.methods).map(([name, method]) => {
      const perCall = handlers(name, method, api.events);
      return `  ${name}: ${quote({ params: Object.entries(method.params), returns: method.returns, ...(perCall && { perCall }) })},`;
    }),
    '};',
    '',
    '/** Callbacks by name; each has a setter, `setOnXListener`. */',
    'export const LISTENERS: Record<string, Listener> = {',
    ...own(api.events).map(([name, { params }]) => `  ${name}: ${quote({ params: Object.entries(params) })},`),
    '};',
    '',
    '/** Names of methods and of callbacks, for type checks. */',
    ...names('MethodName', own(api.methods)),
    ...names('ListenerName', own(api.events)),
    '',
    '/** Members of enums as scenarios spell them, with the number that the engine uses. */',
    'export const ENUMS: Record<string, Record<string, number>> = {',
    ...Object.entries(api.enums).map(([name, members]) => `  ${name}: ${quote(members)},`),
    '};',
    '',
    '/** Fields of objects. */',
    'export const TYPES: Record<string, { extends?: string; fields: Record<string, string> }> = {',
    ...Object.entries(api.types).map(([name, type]) => `  ${name}: ${quote(type)},`),
    '};',
    '',
  ];
  return lines.join('\n');
}

const made = table(read(readFileSync(SOURCE, 'utf8')));
if (process.argv.includes('--check')) {
  if (readFileSync(TARGET, 'utf8') !== made) {
    process.stderr.write('src/table.ts is not what fixtures/api.yaml says: node generate.mjs\n');
    process.exit(1);
  }
} else writeFileSync(TARGET, made);
