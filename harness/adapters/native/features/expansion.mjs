// Key-value pairs that stand beside a message of the store.

import * as web from '../../web-sdk/features/expansion.mjs';

export class Expansion extends web.Expansion {
  updateMessageExpansion({ messageUId, expansion }) {
    const done = this.sdk.expandStored(messageUId, { put: expansion });
    return this.answer(done, 'onMessageExpansionUpdated', { messageUId, expansion });
  }

  removeMessageExpansionForKeys({ messageUId, keys }) {
    const done = this.sdk.expandStored(messageUId, { del: keys });
    return this.answer(done, 'onMessageExpansionForKeysRemoved', { messageUId, keys });
  }
}
