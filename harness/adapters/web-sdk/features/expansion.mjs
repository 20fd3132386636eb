// Key-value pairs that stand beside a message.

import { Feature, UNSEEN } from './feature.mjs';

export class Expansion extends Feature {
  static METHODS = ['updateMessageExpansion', 'removeMessageExpansionForKeys'];

  static EVENTS = [
    'onMessageExpansionUpdated', 'onMessageExpansionForKeysRemoved', 'onRemoteMessageExpansionUpdated',
    'onRemoteMessageExpansionForKeyRemoved',
  ];

  listen(on) {
    on('EXPANSION', ({ updatedExpansion, deletedExpansion }) => {
      if (updatedExpansion) {
        const { messageUId, expansion } = updatedExpansion;
        this.emit('onRemoteMessageExpansionUpdated', { expansion, message: { messageUId } });
      }
      if (deletedExpansion) {
        const { messageUId, deletedKeys } = deletedExpansion;
        this.emit('onRemoteMessageExpansionForKeyRemoved', { keys: deletedKeys, message: { messageUId } });
      }
    });
  }

  updateMessageExpansion({ messageUId, expansion }) {
    const message = this.known.get(messageUId);
    if (!message) return UNSEEN;
    const args = { messageUId, expansion };
    return this.ask('updateMessageExpansion', [expansion, message], 'onMessageExpansionUpdated', args);
  }

  removeMessageExpansionForKeys({ messageUId, keys }) {
    const message = this.known.get(messageUId);
    if (!message) return UNSEEN;
    const args = { messageUId, keys };
    return this.ask('removeMessageExpansionForKey', [keys, message], 'onMessageExpansionForKeysRemoved', args);
  }
}
