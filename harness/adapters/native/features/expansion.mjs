// Key-value pairs that stand beside a message of the store.

import * as web from '../../web-sdk/features/expansion.mjs';
import { canonical } from '../messages.mjs';

export class Expansion extends web.Expansion {
  listen(on) {
    on('EXPANSION', async ({ updatedExpansion: updated, deletedExpansion: deleted }) => {
      if (updated) {
        const { expansion, messageUId } = updated;
        this.emit('onRemoteMessageExpansionUpdated', { expansion, message: await this.expanded(messageUId) });
      }
      if (deleted) {
        const { deletedKeys: keys, messageUId } = deleted;
        this.emit('onRemoteMessageExpansionForKeyRemoved', { keys, message: await this.expanded(messageUId) });
      }
    });
  }

  /** The message as the store has it now. */
  async expanded(messageUId) {
    const raw = await this.sdk.stored(messageUId);
    return raw ? canonical(raw) : { messageUId };
  }

  updateMessageExpansion({ messageUId, expansion }) {
    const done = this.sdk.expandStored(messageUId, { put: expansion });
    return this.answer(done, 'onMessageExpansionUpdated', { messageUId, expansion });
  }

  removeMessageExpansionForKeys({ messageUId, keys }) {
    const done = this.sdk.expandStored(messageUId, { del: keys });
    return this.answer(done, 'onMessageExpansionForKeysRemoved', { messageUId, keys });
  }
}
