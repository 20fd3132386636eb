// Values between scenarios, where members of enums have names, and the engine, where they are numbers and maps are `Map`s.

import { ENUMS, TYPES } from './table';

/** Which way a value goes. */
export type Way = 'toEngine' | 'fromEngine';

type Fields = Record<string, unknown>;

/** Types of messages by their documented kind. */
const KINDS: Record<string, string> = {
  unknown: 'UnknownMessage', custom: 'CustomMessage', text: 'TextMessage', voice: 'VoiceMessage', image: 'ImageMessage',
  file: 'FileMessage', sight: 'SightMessage', gif: 'GIFMessage', recall: 'RecallNotificationMessage',
  reference: 'ReferenceMessage', command: 'CommandMessage', command_notification: 'CommandNotificationMessage',
  location: 'LocationMessage',
};
const MAP = /^Map<\w+, *(.+)>$/;
const OBJECT = /^\{ *\[\w+: \w+\]: *(.+?) *\}$/;
const LIST = /^Array<(.+)>$/;

const named = new Map(Object.entries(ENUMS).map(([name, members]) => [name, new Map(Object.entries(members).map(([member, number]) => [number, member]))]));

/** All fields of a type, those that it has of others too. */
function fieldsOf(type: string): Record<string, string> {
  const found = TYPES[type];
  return found ? { ...(found.extends && fieldsOf(found.extends)), ...found.fields } : {};
}

/** The type of a message: its kind says which. */
function messageType(value: Fields): string {
  const kind = typeof value.messageType === 'number' ? named.get('MessageType')?.get(value.messageType) : value.messageType;
  return KINDS[String(kind)] ?? 'Message';
}

const each = (value: Fields, convertOne: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, convertOne(one)]));

/** A value of that type, for the other side. What the table does not know stays as it is. */
export function convert(value: unknown, type: string, way: Way): unknown {
  if (value === null || value === undefined) return value;
  const bare = type.replace(/\?$/, '');
  const members = ENUMS[bare];
  if (members) {
    if (way === 'toEngine') return typeof value === 'string' ? (members[value] ?? value) : value;
    return typeof value === 'number' ? (named.get(bare)?.get(value) ?? value) : value;
  }
  const [, item] = LIST.exec(bare) ?? [];
  if (item) return Array.isArray(value) ? value.map((one) => convert(one, item, way)) : value;
  const [, mapped] = MAP.exec(bare) ?? [];
  if (mapped) {
    const plain = value instanceof Map ? Object.fromEntries(value) : (value as Fields);
    const converted = each(plain, (one) => convert(one, mapped, way));
    return way === 'toEngine' ? new Map(Object.entries(converted)) : converted;
  }
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const [, held] = OBJECT.exec(bare) ?? [];
  const plain = value instanceof Map ? Object.fromEntries(value) : (value as Fields);
  if (held) return each(plain, (one) => convert(one, held, way));
  const fields = fieldsOf(bare.endsWith('Message') ? messageType(plain) : bare);
  const converted: Fields = {};
  for (const [key, one] of Object.entries(plain)) {
    if (one === undefined) continue;
    converted[key] = fields[key] ? convert(one, fields[key], way) : one;
  }
  return converted;
}
