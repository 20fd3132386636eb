// The SDK generations this adapter knows, and how each is loaded.

const v4 = (engine) => ({ kind: 'v4', package: '@rongcloud/imlib-v4', engine });
const next = (engine) => ({ kind: 'next', package: '@rongcloud/imlib-next', engine });

export const VERSIONS = {
  '4.2.3': v4('4.2.6'),
  '4.2.6': v4('4.2.6'),
  '4.5.1': v4('4.5.5'),
  '4.6.4': v4('5.2.5'),
  '5.2.0': next('5.2.0'),
  '5.2.1': next('5.2.1'),
  '5.3.4': next('5.3.4'),
  '5.7.3': next('5.7.3'),
  '5.28.0': next('5.28.0'),
  '5.36.7': next('5.36.7'),
  '5.38.0': next('5.38.0'),
};

export function knownVersions() {
  return Object.keys(VERSIONS).join(', ');
}
