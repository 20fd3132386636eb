// Chatrooms: joining and leaving, what becomes of a room, and its history.

import { canonical } from '../messages.mjs';
import { Feature } from './feature.mjs';

/** Why a room is gone, as newer SDKs number it; a number that is not told is none. */
const ENDS = { 1: 'reset', 3: 'destroy_auto' };

const endOf = (type) => (type === undefined ? {} : { status: ENDS[type] ?? 'destroy_manual' });

const ACTIONS = ['leave', 'join'];

export class Chatroom extends Feature {
  static METHODS = ['joinChatRoom', 'leaveChatRoom', 'loadChatRoomMessages'];

  static EVENTS = [
    'onChatRoomJoining', 'onChatRoomJoined', 'onChatRoomLeft', 'onChatRoomStatusChanged', 'onChatRoomMemberChanged',
    'onChatRoomMessagesLoaded',
  ];

  listen(on) {
    on('CHATROOM', ({ rejoinedRoom, userChange, chatroomDestroyed, chatroomDestroyedType }) => {
      if (rejoinedRoom) {
        // The SDKs tell of a return when it is done.
        const { chatroomId: targetId, errorCode = 0 } = rejoinedRoom;
        this.emit('onChatRoomJoining', { targetId });
        this.emit('onChatRoomJoined', { code: errorCode, targetId });
      }
      if (userChange) {
        const actions = Object.entries(userChange.users).map(([userId, status]) => (
          { userId, actionType: ACTIONS[status] ?? 'unknown' }));
        this.emit('onChatRoomMemberChanged', { targetId: userChange.chatroomId, actions });
      }
      if (chatroomDestroyed) {
        this.emit('onChatRoomStatusChanged', { targetId: chatroomDestroyed, ...endOf(chatroomDestroyedType) });
      }
    });
  }

  joinChatRoom({ targetId, messageCount, autoCreate }) {
    // The SDKs do not say that joining has begun: it has when they were asked.
    this.emit('onChatRoomJoining', { targetId });
    const name = autoCreate ? 'joinChatRoom' : 'joinExistChatRoom';
    return this.ask(name, [targetId, { count: messageCount }], 'onChatRoomJoined', { targetId });
  }

  leaveChatRoom({ targetId }) {
    return this.ask('quitChatRoom', [targetId], 'onChatRoomLeft', { targetId });
  }

  loadChatRoomMessages({ targetId, timestamp, order, count }) {
    const given = [targetId, { timestamp, count, order: order === 'after' ? 1 : 0 }];
    const args = { targetId, messages: [] };
    return this.ask('getChatroomHistoryMessages', given, 'onChatRoomMessagesLoaded', args, (data) => {
      // One generation turns every page round, the other none; documented: away from the time asked for.
      const messages = (data?.list ?? []).map((raw) => canonical(raw));
      messages.sort((one, other) => one.sentTime - other.sentTime);
      return { messages: order === 'after' ? messages : messages.reverse() };
    });
  }
}
