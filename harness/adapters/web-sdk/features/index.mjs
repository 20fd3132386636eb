// All features together: methods and callbacks by name, and one object that has the methods.

import { Chatroom } from './chatroom.mjs';
import { Conversations } from './conversations.mjs';
import { Entries } from './entries.mjs';
import { Expansion } from './expansion.mjs';
import { History } from './history.mjs';
import { Receipts } from './receipts.mjs';
import { Sending } from './sending.mjs';
import { Settings } from './settings.mjs';
import { Typing } from './typing.mjs';

const ALL = [Sending, Receipts, Typing, History, Expansion, Settings, Conversations, Chatroom, Entries];

/** Newer editions of the documented engine have a second name for everything that loads. */
const named = (names) => [...names, ...names.filter((name) => name.startsWith('load')).map(twin)];
const twin = (name) => name.replace(/^load/, 'get');

export const METHODS = named(ALL.flatMap((feature) => feature.METHODS));
export const EVENTS = ALL.flatMap((feature) => feature.EVENTS);

/** No channel is the default channel, and told as such. */
const channelled = (args) => (args.channelId === null ? { ...args, channelId: '' } : args);

/** Gives `target` every method; answers whether a message was taken by a feature and is none to the app. */
export function equip(target, sdk, emit) {
  const known = new Map();
  const features = ALL.map((Kind) => new Kind(sdk, emit, known));
  features.forEach((feature, at) => {
    for (const name of ALL[at].METHODS) {
      target[name] = (args) => feature[name](channelled(args));
      target[twin(name)] = target[name];
    }
  });
  return (raw) => {
    if (raw.messageUId) known.set(raw.messageUId, raw);
    return features.some((feature) => feature.saw(raw));
  };
}
