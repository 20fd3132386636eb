// All features together: methods and callbacks by name, and one object that has the methods.

import { Chatroom } from './chatroom.mjs';
import { Conversations } from './conversations.mjs';
import { Entries } from './entries.mjs';
import { Expansion } from './expansion.mjs';
import { History } from './history.mjs';
import { Receipts } from './receipts.mjs';
import { Sending } from './sending.mjs';
import { Settings } from './settings.mjs';
import { Tags } from './tags.mjs';
import { Typing } from './typing.mjs';
import { UltraGroup } from './ultra-group.mjs';
import { UltraGroupLevels } from './ultra-group-levels.mjs';
import { UltraGroupMessages } from './ultra-group-messages.mjs';
import { UltraGroupTyping } from './ultra-group-typing.mjs';

const ULTRA_GROUPS = [UltraGroup, UltraGroupMessages, UltraGroupTyping, UltraGroupLevels];
const ALL = [
  Sending, Receipts, Typing, History, Expansion, Settings, Conversations, Tags, Chatroom, Entries, ...ULTRA_GROUPS,
];

/** Newer editions of the documented engine have a second name for everything that loads. */
const named = (names) => [...names, ...names.filter((name) => name.startsWith('load')).map(twin)];
const twin = (name) => name.replace(/^load/, 'get');

const methods = (features) => features.flatMap(({ METHODS, BEYOND }) => (BEYOND ? METHODS : named(METHODS)));
const events = (features) => features.flatMap((feature) => feature.EVENTS);

export const METHODS = methods(ALL);
export const EVENTS = events(ALL);

/** What only a generation that has ultra groups has. */
export const OF_ULTRA_GROUPS = new Set([...methods(ULTRA_GROUPS), ...events(ULTRA_GROUPS)]);

/** A conversation without a channel is that of the default one, and told as such; a call about many means all of them. */
const channelled = (args) => (args.targetId && args.channelId === null ? { ...args, channelId: '' } : args);

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
