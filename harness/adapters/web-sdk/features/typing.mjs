// Typing states.

import { conversationName } from '../messages.mjs';
import { Feature, sdkConversation } from './feature.mjs';

export class Typing extends Feature {
  static METHODS = ['sendTypingStatus'];

  static EVENTS = ['onTypingStatusChanged'];

  listen(on) {
    on('TYPING_STATUS', ({ status }) => this.changed(status ?? []));
  }

  /** One callback a conversation; an empty one where it has ended is the SDK's own. */
  changed(states) {
    const byConversation = new Map();
    for (const state of states) {
      const key = `${state.conversationType} ${state.targetId}`;
      const { conversationType, targetId, list } = byConversation.get(key) ?? { ...state, list: [] };
      for (const { userId, messageType, timestamp } of state.list ?? []) {
        list.push({ userId, contentType: messageType, sentTime: timestamp });
      }
      byConversation.set(key, { conversationType, targetId, list });
    }
    for (const { conversationType, targetId, list } of byConversation.values()) {
      const type = conversationName(conversationType);
      this.emit('onTypingStatusChanged', { type, targetId, channelId: '', userTypingStatus: list });
    }
  }

  sendTypingStatus({ type, targetId, currentType }) {
    const sent = this.sdk.sendTypingStatusMessage(sdkConversation({ type, targetId }), currentType);
    if (!sent) return { unsupported: 'this SDK knows no typing states' };
    sent.catch(() => {});
    return { code: 0 };
  }
}
