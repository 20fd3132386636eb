// What the server keeps for all of a user's devices: pins, levels of do-not-disturb, quiet hours.

import { conversationName, conversationNumber } from '../messages.mjs';
import { Feature, sdkConversation } from './feature.mjs';
import { levelName, levelNumber } from './levels.mjs';

const QUIET = { none: 0, mention_message: 1, blocked: 5 };
const quietName = (number) => Object.keys(QUIET).find((name) => QUIET[name] === number) ?? 'none';

export class Settings extends Feature {
  static METHODS = [
    'changeConversationTopStatus', 'loadConversationTopStatus', 'changeConversationNotificationLevel',
    'loadConversationNotificationLevel', 'changeConversationTypeNotificationLevel',
    'loadConversationTypeNotificationLevel', 'changeNotificationQuietHours', 'removeNotificationQuietHours',
    'loadNotificationQuietHours',
  ];

  static EVENTS = [
    'onConversationTopStatusChanged', 'onConversationTopStatusLoaded', 'onConversationTopStatusSynced',
    'onConversationNotificationLevelChanged', 'onConversationNotificationLevelLoaded',
    'onConversationTypeNotificationLevelChanged', 'onConversationTypeNotificationLevelLoaded',
    'onNotificationQuietHoursChanged', 'onNotificationQuietHoursRemoved', 'onNotificationQuietHoursLoaded',
  ];

  listen(on) {
    on('CONVERSATION', ({ conversationList }) => {
      for (const { conversation, updatedItems } of conversationList ?? []) {
        if (!updatedItems?.isTop) continue;
        const { conversationType, targetId, isTop } = conversation;
        const type = conversationName(conversationType);
        this.emit('onConversationTopStatusSynced', { type, targetId, channelId: '', top: isTop });
      }
    });
  }

  changeConversationTopStatus({ type, targetId, channelId = '', top }) {
    const args = { type, targetId, channelId, top };
    return this.ask('setConversationToTop', [sdkConversation(args), top], 'onConversationTopStatusChanged', args);
  }

  loadConversationTopStatus({ type, targetId, channelId = '' }) {
    const args = { type, targetId, channelId };
    return this.ask('getConversation', [sdkConversation(args)], 'onConversationTopStatusLoaded', args, (data) => (
      { top: data?.isTop === true }));
  }

  changeConversationNotificationLevel({ type, targetId, channelId = '', level }) {
    const args = { type, targetId, channelId, level };
    const given = [sdkConversation(args), levelNumber(level)];
    return this.ask('setConversationNotificationLevel', given, 'onConversationNotificationLevelChanged', args);
  }

  loadConversationNotificationLevel({ type, targetId, channelId = '' }) {
    const args = { type, targetId, channelId };
    const given = [sdkConversation(args)];
    const event = 'onConversationNotificationLevelLoaded';
    return this.ask('getConversationNotificationLevel', given, event, args, (data) => ({ level: levelName(data) }));
  }

  changeConversationTypeNotificationLevel({ type, level }) {
    const given = [conversationNumber(type), levelNumber(level)];
    const event = 'onConversationTypeNotificationLevelChanged';
    return this.ask('setConversationTypeNotificationLevel', given, event, { type, level });
  }

  loadConversationTypeNotificationLevel({ type }) {
    const event = 'onConversationTypeNotificationLevelLoaded';
    const given = [conversationNumber(type)];
    return this.ask('getConversationTypeNotificationLevel', given, event, { type }, (data) => (
      { level: levelName(data) }));
  }

  changeNotificationQuietHours({ startTime, spanMinutes, level }) {
    const setting = { startTime, spanMinutes, level: QUIET[level] };
    const args = { startTime, spanMinutes, level };
    return this.ask('setNotificationQuietHoursWithSetting', [setting], 'onNotificationQuietHoursChanged', args);
  }

  removeNotificationQuietHours() {
    return this.ask('removeNotificationQuietHoursSetting', [], 'onNotificationQuietHoursRemoved', {});
  }

  loadNotificationQuietHours() {
    const event = 'onNotificationQuietHoursLoaded';
    return this.ask('getNotificationQuietHoursSetting', [], event, {}, (data) => ({
      startTime: data?.startTime ?? '', spanMinutes: data?.spanMinutes ?? 0, level: quietName(data?.level),
    }));
  }
}
