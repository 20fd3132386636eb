// Users whose messages are refused.

import { Feature } from '../../web-sdk/features/feature.mjs';

const IN_LIST = 0;

export class Blacklist extends Feature {
  static METHODS = ['addToBlacklist', 'removeFromBlacklist', 'loadBlacklistStatus', 'loadBlacklist'];

  static EVENTS = ['onBlacklistAdded', 'onBlacklistRemoved', 'onBlacklistStatusLoaded', 'onBlacklistLoaded'];

  addToBlacklist({ userId }) {
    return this.ask('ask', ['addToBlacklist', userId], 'onBlacklistAdded', { userId });
  }

  removeFromBlacklist({ userId }) {
    return this.ask('ask', ['removeFromBlacklist', userId], 'onBlacklistRemoved', { userId });
  }

  loadBlacklistStatus({ userId }) {
    const told = (status) => ({ status: status === IN_LIST ? 'in_blacklist' : 'not_in_blacklist' });
    return this.ask('ask', ['getBlacklistStatus', userId], 'onBlacklistStatusLoaded', { userId, status: 'unknown' }, told);
  }

  loadBlacklist() {
    return this.ask('ask', ['getBlacklist'], 'onBlacklistLoaded', { userIds: [] }, (list) => ({ userIds: list ?? [] }));
  }
}
