// What the features need of imlib-v4 in chatrooms: its `ChatRoom` under the names and with the results of imlib-next.

import { result } from './messages.mjs';

export class RoomPort {
  room(id) {
    return this.im.ChatRoom.get({ id });
  }

  joinChatRoom(id, options) {
    return result(this.room(id).join(options));
  }

  joinExistChatRoom(id, options) {
    return result(this.room(id).joinExist(options));
  }

  quitChatRoom(id) {
    return result(this.room(id).quit());
  }

  getChatroomHistoryMessages(id, options) {
    return result(this.room(id).getMessages(options));
  }

  setChatRoomEntry(id, entry) {
    return result(this.room(id).setEntry(entry));
  }

  forceSetChatRoomEntry(id, entry) {
    return result(this.room(id).forceSetEntry(entry));
  }

  /** This generation overwrites one entry at a time. */
  setChatRoomEntries(id, { isForce, ...options }) {
    return isForce ? undefined : result(this.room(id).setEntries(options));
  }

  removeChatRoomEntry(id, entry) {
    return result(this.room(id).removeEntry(entry));
  }

  forceRemoveChatRoomEntry(id, entry) {
    return result(this.room(id).forceRemoveEntry(entry));
  }

  removeChatRoomEntries(id, options) {
    return result(this.room(id).removeEntries(options));
  }

  getChatRoomEntry(id, key) {
    return result(this.room(id).getEntry(key));
  }

  getAllChatRoomEntries(id) {
    return result(this.room(id).getAllEntries());
  }
}
