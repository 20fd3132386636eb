// Sending, to a conversation or to members of a group: first the message is stored, then it is sent or refused.

import { outgoing } from '../../web-sdk/messages.mjs';
import { Feature } from '../../web-sdk/features/feature.mjs';
import { canonical, place } from '../messages.mjs';

/** What the client calls a message that is on its way. */
const SENDING = 10;

export class Sending extends Feature {
  static METHODS = ['sendMessage', 'sendGroupMessageToDesignatedUsers'];

  static EVENTS = ['onMessageAttached', 'onMessageSent', 'onGroupMessageToDesignatedUsersAttached', 'onGroupMessageToDesignatedUsersSent'];

  sendMessage({ message }) {
    return this.send(message, undefined, 'onMessage');
  }

  sendGroupMessageToDesignatedUsers({ message, userIds }) {
    return this.send(message, userIds, 'onGroupMessageToDesignatedUsers');
  }

  send(message, users, event) {
    const out = outgoing(message, users);
    if (out.problem) return { unsupported: out.problem };
    const conversation = place(message);
    if (!conversation.conversationType || !message.targetId) return { code: 1 };
    const called = Date.now();
    // The client answers twice: the local number, then the result. What is not stored has none.
    const attached = async (messageId) => {
      const raw = messageId > 0 && (await this.sdk.stored(messageId));
      if (!raw) return;
      sender = raw.senderUserId;
      // By now it may have been sent, which gives it the service's time, as the result tells. It was stored at the time of the call.
      const { messageUId, ...stored } = canonical(raw);
      const sentTime = raw.sentStatus === SENDING ? raw.sentTime : called;
      this.emit(`${event}Attached`, { message: { ...message, ...stored, sentTime, sentStatus: 'sending' } });
    };
    let storing;
    let sender;
    const promise = this.sdk.send(conversation, out, (messageId) => { storing = attached(messageId); });
    promise.then(async ({ code, data: raw }) => {
      await storing;
      if (raw?.messageUId) this.known.set(raw.messageUId, raw);
      const told = raw && canonical({ ...raw, senderUserId: raw.senderUserId || sender });
      this.emit(`${event}Sent`, { code, message: { ...message, ...told, sentStatus: code === 0 ? 'sent' : 'failed' } });
    });
    return { code: 0 };
  }
}
