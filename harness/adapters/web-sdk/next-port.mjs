// What the features need of an SDK, for imlib-next: its own functions, with sending and the sight of messages beside.

/** Classes of the built-in messages; others are registered by name. */
const CLASSES = {
  'RC:TxtMsg': 'TextMessage',
  'RC:ImgMsg': 'ImageMessage',
  'RC:HQVCMsg': 'HQVoiceMessage',
  'RC:FileMsg': 'FileMessage',
  'RC:SightMsg': 'SightMessage',
  'RC:GIFMsg': 'GIFMessage',
  'RC:LBSMsg': 'LocationMessage',
  'RC:ReferenceMsg': 'ReferenceMessage',
};

export function nextPort(sdk) {
  const types = new Map();
  const typeOf = ({ objectName, persisted, counted, status }) => {
    if (sdk[CLASSES[objectName]]) return sdk[CLASSES[objectName]];
    if (!types.has(objectName)) {
      types.set(objectName, sdk.registerMessageType(objectName, persisted, counted, [], status));
    }
    return types.get(objectName);
  };
  return {
    ...sdk,
    send: (conversation, out) => sdk.sendMessage(conversation, new (typeOf(out))(out.content), out.options),
  };
}
