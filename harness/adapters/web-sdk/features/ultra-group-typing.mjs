// Who is typing in which channel of an ultra group.

import { Feature, ULTRA_GROUP, inUltraGroup, sdkConversation } from './feature.mjs';

const same = (one, other) => one.targetId === other.targetId && (one.channelId ?? '') === (other.channelId ?? '');

export class UltraGroupTyping extends Feature {
  static METHODS = ['sendUltraGroupTypingStatus'];

  static EVENTS = ['onUltraGroupTypingStatusSent', 'onUltraGroupTypingStatusChanged'];

  listen(on) {
    on('OPERATE_STATUS', (notice) => {
      if (!inUltraGroup(notice)) return;
      const users = notice.info ?? [];
      const counts = notice.summary ?? [];
      const told = users.map((user) => {
        const count = counts.find((one) => same(one, user))?.count ?? users.filter((one) => same(one, user)).length;
        return state(user, count);
      });
      const others = counts.filter((count) => !users.some((user) => same(user, count)));
      const info = [...told, ...others.map((one) => state(one, one.count))];
      if (info.length > 0) this.emit('onUltraGroupTypingStatusChanged', { info });
    });
  }

  sendUltraGroupTypingStatus({ targetId, channelId = '', typingStatus }) {
    const args = { targetId, channelId, typingStatus };
    const given = [sdkConversation({ type: ULTRA_GROUP, targetId, channelId })];
    return this.ask('sendUltraGroupTypingStatus', given, 'onUltraGroupTypingStatusSent', args);
  }
}

/** The SDKs number what is done; the documented engine knows text alone. */
const state = ({ targetId, channelId = '', userId = '', operationTime: timestamp }, userNums) => (
  { targetId, channelId, userId, userNums, status: 'text', timestamp });
