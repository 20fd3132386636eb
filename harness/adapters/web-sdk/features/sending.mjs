// Sending, to a conversation or to members of a group.

import { canonical, outgoing } from '../messages.mjs';
import { Feature, sdkConversation } from './feature.mjs';

export class Sending extends Feature {
  static METHODS = ['sendMessage', 'sendGroupMessageToDesignatedUsers'];

  static EVENTS = ['onMessageSent', 'onGroupMessageToDesignatedUsersSent'];

  sendMessage({ message }) {
    return this.send(message, undefined, 'onMessageSent');
  }

  sendGroupMessageToDesignatedUsers({ message, userIds }) {
    return this.send(message, userIds, 'onGroupMessageToDesignatedUsersSent');
  }

  send(message, users, event) {
    const out = outgoing(message, users);
    if (out.problem) return { unsupported: out.problem };
    const conversation = sdkConversation(message);
    if (!conversation.conversationType || !message.targetId) return { code: 1 };
    const promise = this.sdk.send(conversation, out);
    const sent = (raw) => {
      this.known.set(raw.messageUId, raw);
      return { message: { ...message, ...canonical(raw), sentStatus: 'sent' } };
    };
    return this.answer(promise, event, {}, sent, { message: { ...message, sentStatus: 'failed' } });
  }
}
