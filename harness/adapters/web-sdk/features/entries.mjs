// The entries of a chatroom: keys and values that its members share.

import { codeOf } from '../messages.mjs';
import { Feature } from './feature.mjs';

/** What the SDKs number as kinds of a change. */
const UPDATED = 1;

/** Which keys of a batch failed; the newer generation does not say. */
function failures(code, keys) {
  if (code === 0) return { errorEntries: {} };
  return keys && { errorEntries: Object.fromEntries(keys.map(({ key, errorCode }) => [key, errorCode])) };
}

export class Entries extends Feature {
  static METHODS = [
    'addChatRoomEntry', 'addChatRoomEntries', 'loadChatRoomEntry', 'loadChatRoomAllEntries', 'removeChatRoomEntry',
    'removeChatRoomEntries',
  ];

  static EVENTS = [
    'onChatRoomEntryAdded', 'onChatRoomEntriesAdded', 'onChatRoomEntryLoaded', 'onChatRoomAllEntriesLoaded',
    'onChatRoomEntryRemoved', 'onChatRoomEntriesRemoved', 'onChatRoomEntriesChanged', 'onChatRoomEntriesSynced',
  ];

  listen(on) {
    on('CHATROOM', ({ updatedEntries, entriesSynced }) => {
      if (updatedEntries) this.changed(updatedEntries);
      if (entriesSynced) this.emit('onChatRoomEntriesSynced', { roomId: entriesSynced });
    });
  }

  /** One list has removals and updates: the documented callback tells of one kind at a time. */
  changed(list) {
    for (const operationType of ['remove', 'update']) {
      const some = list.filter(({ type }) => (type === UPDATED) === (operationType === 'update'));
      if (some.length === 0) continue;
      const entries = Object.fromEntries(some.map(({ key, value }) => [key, value]));
      this.emit('onChatRoomEntriesChanged', { operationType, roomId: some[0].chatroomId, entries });
    }
  }

  addChatRoomEntry({ targetId, key, value, deleteWhenLeft, overwrite }) {
    const name = overwrite ? 'forceSetChatRoomEntry' : 'setChatRoomEntry';
    const given = [targetId, { key, value, isAutoDelete: deleteWhenLeft, isSendNotification: false }];
    return this.ask(name, given, 'onChatRoomEntryAdded', { targetId, key });
  }

  addChatRoomEntries({ targetId, entries, deleteWhenLeft, overwrite }) {
    const list = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const given = [targetId, { entries: list, isAutoDelete: deleteWhenLeft, isForce: overwrite }];
    const promise = this.sdk.setChatRoomEntries(...given);
    if (!promise) return { unsupported: 'the SDK has no call that overwrites several entries at once' };
    const tell = (code, more) => this.emit('onChatRoomEntriesAdded', { code, targetId, entries, ...more });
    promise.then(({ code, data }) => tell(code, failures(code, data)), (error) => tell(codeOf(error)));
    return { code: 0 };
  }

  loadChatRoomEntry({ targetId, key }) {
    const entry = (value) => ({ entry: { [key]: value } });
    return this.ask('getChatRoomEntry', [targetId, key], 'onChatRoomEntryLoaded', { targetId, entry: {} }, entry);
  }

  loadChatRoomAllEntries({ targetId }) {
    const args = { targetId, entries: {} };
    return this.ask('getAllChatRoomEntries', [targetId], 'onChatRoomAllEntriesLoaded', args, (entries) => ({ entries }));
  }

  removeChatRoomEntry({ targetId, key, force }) {
    const name = force ? 'forceRemoveChatRoomEntry' : 'removeChatRoomEntry';
    const given = [targetId, { key, isSendNotification: false }];
    return this.ask(name, given, 'onChatRoomEntryRemoved', { targetId, key });
  }

  removeChatRoomEntries({ targetId, keys, force }) {
    if (force) return { unsupported: 'the SDK has no call that removes several entries of others at once' };
    return this.ask('removeChatRoomEntries', [targetId, { entries: keys }], 'onChatRoomEntriesRemoved', { targetId, keys });
  }
}
