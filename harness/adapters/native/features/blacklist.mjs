// Users whose messages are refused.

import { Feature } from '../../web-sdk/features/feature.mjs';

/** What the client answers of a user who is not in the list. */
const NOT_IN_LIST = 101;

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
    const asked = this.sdk.ask('getBlacklistStatus', userId).then(({ code }) => (
      code === NOT_IN_LIST ? { code: 0, data: 'not_in_blacklist' } : { code, data: 'in_blacklist' }));
    return this.answer(asked, 'onBlacklistStatusLoaded', { userId }, (status) => ({ status }), { status: 'unknown' });
  }

  loadBlacklist() {
    return this.ask('ask', ['getBlacklist'], 'onBlacklistLoaded', { userIds: [] }, (list) => ({ userIds: list ?? [] }));
  }
}
