// `create*Message`: the SDKs have no such factory, and a canonical message is plain data.

const MAKERS = {
  createTextMessage: ({ text }) => ({ messageType: 'text', text }),
  createReferenceMessage: ({ referenceMessage, text }) => ({ messageType: 'reference', referenceMessage, text }),
  createLocationMessage: ({ longitude, latitude, poiName }) =>
    ({ messageType: 'location', longitude, latitude, poiName }),
  createCustomMessage: ({ messageIdentifier, fields, policy }) => ({
    messageType: 'custom',
    identifier: messageIdentifier,
    ...(policy !== undefined && { policy }),
    ...(fields !== undefined && { fields }),
  }),
};

export const METHODS = Object.keys(MAKERS);

/** The message that such a call gives, or null without a conversation. */
export function make(method, { type, targetId, channelId = '', ...rest }) {
  if (!type || !targetId) return { value: null };
  const conversation = { conversationType: type, targetId, channelId };
  return { value: { ...conversation, direction: 'send', ...MAKERS[method](rest) } };
}
