// All features together: methods and callbacks by name, and one object that has the methods. What the native client has in
// common with the web SDKs is taken from there.

import { Chatroom } from '../../web-sdk/features/chatroom.mjs';
import { Entries } from '../../web-sdk/features/entries.mjs';
import * as web from '../../web-sdk/features/settings.mjs';
import { Tags } from '../../web-sdk/features/tags.mjs';
import { UltraGroupLevels } from '../../web-sdk/features/ultra-group-levels.mjs';
import { UltraGroupTyping } from '../../web-sdk/features/ultra-group-typing.mjs';
import { Blacklist } from './blacklist.mjs';
import { Conversations } from './conversations.mjs';
import { Expansion } from './expansion.mjs';
import { History } from './history.mjs';
import { Receipts } from './receipts.mjs';
import { Search } from './search.mjs';
import { Sending } from './sending.mjs';
import { Store } from './store.mjs';
import { UltraGroup, UltraGroupMessages } from './ultra-group.mjs';

/** What is told of pins is heard by the conversations. */
class Settings extends web.Settings {
  listen() {}
}

const ALL = [
  Sending, Receipts, History, Store, Search, Expansion, Settings, Conversations, Blacklist, Tags, Chatroom, Entries, UltraGroup,
  UltraGroupMessages, UltraGroupTyping, UltraGroupLevels,
];

/** Newer editions of the documented engine have a second name for everything that loads. */
const twin = (name) => name.replace(/^load/, 'get');
const named = (names) => [...names, ...names.filter((name) => name.startsWith('load')).map(twin)];

export const METHODS = ALL.flatMap(({ METHODS: names, BEYOND }) => (BEYOND ? names : named(names)));
export const EVENTS = ALL.flatMap((feature) => feature.EVENTS);

/** A conversation without a channel is that of the default one; a call about many means all of them. */
const channelled = (args) => (args.targetId && args.channelId === null ? { ...args, channelId: '' } : args);

/** Gives `target` every method; answers whether a message was taken by a feature and is none to the app. */
export function equip(target, sdk, emit) {
  const known = new Map();
  const features = ALL.map((Kind) => new Kind(sdk, emit, known));
  features.forEach((feature, at) => {
    for (const name of ALL[at].METHODS) {
      // The conversations know of no channel by themselves, and tell the call's arguments as they were.
      target[name] = (args) => feature[name](ALL[at] === Conversations ? args : channelled(args));
      target[twin(name)] = target[name];
    }
  });
  return async (raw) => {
    if (raw.messageUId) known.set(raw.messageUId, raw);
    for (const feature of features) if (await feature.saw(raw)) return true;
    return false;
  };
}
