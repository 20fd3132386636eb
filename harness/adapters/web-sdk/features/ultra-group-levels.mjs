// Do-not-disturb levels of an ultra group and of its channels, for all members.

import { Feature } from './feature.mjs';
import { levelName, levelNumber } from './levels.mjs';

export class UltraGroupLevels extends Feature {
  static METHODS = [
    'changeUltraGroupDefaultNotificationLevel', 'loadUltraGroupDefaultNotificationLevel',
    'changeUltraGroupChannelDefaultNotificationLevel', 'loadUltraGroupChannelDefaultNotificationLevel',
  ];

  static EVENTS = [
    'onUltraGroupDefaultNotificationLevelChanged', 'onUltraGroupDefaultNotificationLevelLoaded',
    'onUltraGroupChannelDefaultNotificationLevelChanged', 'onUltraGroupChannelDefaultNotificationLevelLoaded',
  ];

  /** The whole group: engine 5.3 wants an empty channel, to newer ones that is a channel, too. */
  group(targetId) {
    return this.sdk.Events.ULTRA_GROUP_CHANNEL_DELETE ? { targetId } : { targetId, channelId: '' };
  }

  change(place, level, event, args) {
    return this.ask('setUltraGroupDefaultNotificationLevel', [place, levelNumber(level)], event, args);
  }

  load(place, event, args) {
    return this.ask('getUltraGroupDefaultNotificationLevel', [place], event, args, (level) => ({ level: levelName(level) }));
  }

  changeUltraGroupDefaultNotificationLevel({ targetId, level }) {
    return this.change(this.group(targetId), level, 'onUltraGroupDefaultNotificationLevelChanged', { targetId, level });
  }

  loadUltraGroupDefaultNotificationLevel({ targetId }) {
    return this.load(this.group(targetId), 'onUltraGroupDefaultNotificationLevelLoaded', { targetId });
  }

  changeUltraGroupChannelDefaultNotificationLevel({ targetId, channelId = '', level }) {
    const event = 'onUltraGroupChannelDefaultNotificationLevelChanged';
    return this.change({ targetId, channelId }, level, event, { targetId, channelId, level });
  }

  loadUltraGroupChannelDefaultNotificationLevel({ targetId, channelId = '' }) {
    const place = { targetId, channelId };
    return this.load(place, 'onUltraGroupChannelDefaultNotificationLevelLoaded', place);
  }
}
