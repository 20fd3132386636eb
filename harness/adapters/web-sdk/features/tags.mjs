// Conversation tags: what the documented engine has no calls for, and every generation of the web SDK has since 4.4.

import { Feature, sdkConversation } from './feature.mjs';

const list = (tags) => ({ tags: (tags ?? []).map(({ tagId, tagName }) => ({ tagId, tagName })) });

export class Tags extends Feature {
  /** The names are the harness's own: nothing here has a second one. */
  static BEYOND = true;

  static METHODS = [
    'addTag', 'removeTag', 'loadTags', 'addConversationsToTag', 'removeConversationsFromTag',
    'removeTagsFromConversation', 'changeConversationTopStatusInTag', 'loadTagsFromConversation',
  ];

  static EVENTS = [
    'onTagAdded', 'onTagRemoved', 'onTagsLoaded', 'onConversationsAddedToTag', 'onConversationsRemovedFromTag',
    'onTagsRemovedFromConversation', 'onConversationTopStatusInTagChanged', 'onTagsFromConversationLoaded',
  ];

  addTag({ tagId, tagName }) {
    return this.ask('addTag', [{ tagId, tagName }], 'onTagAdded', { tagId, tagName });
  }

  removeTag({ tagId }) {
    return this.ask('removeTag', [tagId], 'onTagRemoved', { tagId });
  }

  loadTags() {
    return this.ask('getTags', [], 'onTagsLoaded', {}, list);
  }

  addConversationsToTag({ tagId, conversations }) {
    const given = [tagId, conversations.map(sdkConversation)];
    return this.ask('addConversationsToTag', given, 'onConversationsAddedToTag', { tagId });
  }

  removeConversationsFromTag({ tagId, conversations }) {
    const given = [tagId, conversations.map(sdkConversation)];
    return this.ask('removeConversationsFromTag', given, 'onConversationsRemovedFromTag', { tagId });
  }

  removeTagsFromConversation({ type, targetId, tagIds }) {
    const given = [sdkConversation({ type, targetId }), tagIds];
    return this.ask('removeTagsFromConversation', given, 'onTagsRemovedFromConversation', { type, targetId });
  }

  changeConversationTopStatusInTag({ tagId, type, targetId, top }) {
    const given = [tagId, sdkConversation({ type, targetId }), top];
    return this.ask('setConversationToTopInTag', given, 'onConversationTopStatusInTagChanged', { tagId, type, targetId, top });
  }

  loadTagsFromConversation({ type, targetId }) {
    const given = [sdkConversation({ type, targetId })];
    return this.ask('getTagsFromConversation', given, 'onTagsFromConversationLoaded', { type, targetId }, list);
  }
}
