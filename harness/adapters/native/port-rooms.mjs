// What the features need of the native client in chatrooms, under the names of the newer web generation.

export class RoomPort {
  joinChatRoom(id, { count }) {
    return this.ask('joinChatroom', id, count, true, '');
  }

  joinExistChatRoom(id, { count }) {
    return this.ask('joinChatroom', id, count, false, '');
  }

  quitChatRoom(id) {
    return this.ask('quitChatroom', id, '');
  }

  getChatroomHistoryMessages(id, { timestamp, count, order }) {
    return this.ask('getChatroomHistoryMessages', id, timestamp, count, order);
  }

  setChatRoomEntry(id, entry) {
    return this.ask('setChatroomEntry', id, entry, false);
  }

  forceSetChatRoomEntry(id, entry) {
    return this.ask('setChatroomEntry', id, entry, true);
  }

  setChatRoomEntries(id, options) {
    return this.ask('setChatroomEntries', id, options);
  }

  removeChatRoomEntry(id, entry) {
    return this.ask('removeChatroomEntry', id, entry, false);
  }

  forceRemoveChatRoomEntry(id, entry) {
    return this.ask('removeChatroomEntry', id, entry, true);
  }

  removeChatRoomEntries(id, { entries }) {
    return this.ask('removeChatroomEntries', id, { keys: entries });
  }

  getChatRoomEntry(id, key) {
    return this.ask('getChatroomEntry', id, key);
  }

  getAllChatRoomEntries(id) {
    return this.ask('getAllChatroomEntries', id);
  }
}
