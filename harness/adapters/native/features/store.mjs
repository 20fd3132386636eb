// The store itself: single messages of it, and messages that were never sent.

import { Feature } from '../../web-sdk/features/feature.mjs';
import { canonical, place, receivedNumber, sentNumber, stored } from '../messages.mjs';

const MISSING = { value: null };

export class Store extends Feature {
  static METHODS = [
    'getMessageById', 'getMessageByUId', 'insertMessage', 'insertMessages', 'changeMessageSentStatus', 'changeMessageReceiveStatus',
  ];

  static EVENTS = ['onMessageInserted', 'onMessagesInserted', 'onMessageSentStatusChanged', 'onMessageReceiveStatusChanged'];

  async one(id) {
    const raw = await this.sdk.stored(id);
    return raw ? { value: canonical(raw) } : MISSING;
  }

  getMessageById({ messageId }) {
    return this.one(messageId);
  }

  getMessageByUId({ messageUId }) {
    return this.one(messageUId);
  }

  async prepared(message) {
    const made = stored(message, this.sdk.user);
    if (made.own) await this.sdk.register(made.own);
    return { ...place(message), ...made, own: undefined };
  }

  insertMessage({ message }) {
    const problem = unfit(message);
    if (problem) return problem;
    const inserted = this.prepared(message).then(async (made) => {
      const { code, data } = await this.sdk.ask('insertMessage', place(message), made);
      return { code, data: code === 0 ? await this.sdk.stored(data.messageId) : undefined };
    });
    return this.answer(inserted, 'onMessageInserted', {}, (raw) => ({ message: { ...message, ...canonical(raw) } }), { message });
  }

  insertMessages({ messages }) {
    const problem = messages.map(unfit).find((one) => one);
    if (problem) return problem;
    const inserted = Promise.all(messages.map((message) => this.prepared(message)))
      .then((made) => this.sdk.ask('batchInsertMessage', made.map((one) => ({ ...one, receivedStatus: one.readStatus })), true));
    return this.answer(inserted, 'onMessagesInserted', { messages });
  }

  changeMessageSentStatus({ messageId, sentStatus }) {
    return this.ask('ask', ['setMessageSentStatus', messageId, sentNumber(sentStatus)], 'onMessageSentStatusChanged', { messageId });
  }

  changeMessageReceiveStatus({ messageId, receivedStatus }) {
    const flags = receivedNumber(receivedStatus);
    if (flags === undefined) return { unsupported: `the native client has no status ${receivedStatus}` };
    return this.ask('ask', ['setMessageReceivedStatus', messageId, flags], 'onMessageReceiveStatusChanged', { messageId });
  }
}

/** Why a message cannot be handed to the client. */
function unfit(message) {
  const { problem } = stored(message);
  if (problem) return { unsupported: problem };
  return place(message).conversationType && message.targetId ? undefined : { code: 1 };
}
