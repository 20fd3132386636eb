// The SDK generations this adapter knows, and how each is loaded.

export const VERSIONS = {
  '4.6.4': { kind: 'v4', package: '@rongcloud/imlib-v4', engine: '5.2.5' },
  '5.3.4': { kind: 'next', package: '@rongcloud/imlib-next', engine: '5.3.4' },
  '5.38.0': { kind: 'next', package: '@rongcloud/imlib-next', engine: '5.38.0' },
};

export function knownVersions() {
  return Object.keys(VERSIONS).join(', ');
}
