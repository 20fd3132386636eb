// Read receipts of private chats and groups, and the read state on the user's other devices.

import { conversationName } from '../messages.mjs';
import { Feature, sdkConversation } from './feature.mjs';

/** Object names of what tells how far the user has read on another device. */
const READ_ELSEWHERE = new Set(['RC:SRSMsg', 'RC:ReadNtf']);

export class Receipts extends Feature {
  static METHODS = [
    'sendPrivateReadReceiptMessage', 'sendGroupReadReceiptRequest', 'sendGroupReadReceiptResponse',
    'syncConversationReadStatus',
  ];

  static EVENTS = [
    'onPrivateReadReceiptMessageSent', 'onPrivateReadReceiptReceived', 'onGroupReadReceiptRequestSent',
    'onGroupMessageReadReceiptRequestReceived', 'onGroupReadReceiptResponseSent',
    'onGroupMessageReadReceiptResponseReceived', 'onConversationReadStatusSynced',
    'onConversationReadStatusSyncMessageReceived',
  ];

  listen(on) {
    const { emit } = this;
    on('READ_RECEIPT_RECEIVED', ({ conversation, sentTime, sendUserId }) => {
      // One event for both in the SDK, which names who sent it: the user's own, from another device, is a read state.
      if (sendUserId !== undefined && sendUserId === this.sdk.getCurrentUserId?.()) return this.readElsewhere(conversation, sentTime);
      return emit('onPrivateReadReceiptReceived', { targetId: conversation.targetId, channelId: '', timestamp: sentTime });
    });
    on('MESSAGE_RECEIPT_REQUEST', ({ conversation, messageUId }) =>
      emit('onGroupMessageReadReceiptRequestReceived', { targetId: conversation.targetId, messageUId }));
    on('MESSAGE_RECEIPT_RESPONSE', ({ conversation, messageUIdList }) => {
      for (const messageUId of messageUIdList ?? []) {
        emit('onGroupMessageReadReceiptResponseReceived', { targetId: conversation.targetId, messageUId });
      }
    });
  }

  saw(raw) {
    if (raw.messageDirection !== 1 || !READ_ELSEWHERE.has(raw.messageType)) return false;
    this.readElsewhere(raw, raw.content?.lastMessageSendTime);
    return true;
  }

  readElsewhere({ conversationType, type, targetId }, timestamp) {
    const args = { type: conversationName(conversationType ?? type), targetId, timestamp };
    this.emit('onConversationReadStatusSyncMessageReceived', args);
  }

  sendPrivateReadReceiptMessage({ targetId, channelId = '', timestamp }) {
    // The SDK wants the UID beside the time.
    const read = [...this.known.values()].find((raw) => raw.targetId === targetId && raw.sentTime === timestamp);
    if (!read) return { unsupported: 'the SDK gives receipts for messages it has received, by their UID' };
    const given = [targetId, read.messageUId, timestamp];
    const args = { targetId, channelId, timestamp };
    return this.ask('sendReadReceiptMessage', given, 'onPrivateReadReceiptMessageSent', args);
  }

  sendGroupReadReceiptRequest({ message }) {
    const given = [message.targetId, message.messageUId];
    return this.ask('sendReadReceiptRequest', given, 'onGroupReadReceiptRequestSent', { message });
  }

  sendGroupReadReceiptResponse({ targetId, channelId = '', messages }) {
    const bySender = {};
    for (const { senderUserId, messageUId } of messages) (bySender[senderUserId] ??= []).push(messageUId);
    const args = { targetId, channelId, messages };
    return this.ask('sendReadReceiptResponseV2', [targetId, bySender], 'onGroupReadReceiptResponseSent', args);
  }

  syncConversationReadStatus({ type, targetId, channelId = '', timestamp }) {
    const given = [sdkConversation({ type, targetId }), timestamp];
    const args = { type, targetId, channelId, timestamp };
    return this.ask('sendSyncReadStatusMessage', given, 'onConversationReadStatusSynced', args);
  }
}
