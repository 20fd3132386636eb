// Installs the pinned native client from npm into an ignored folder, without running its scripts. Run it as often as you like.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { installFolder } from '../web-sdk/install.mjs';

export const HERE = dirname(fileURLToPath(import.meta.url));

/** Why the package's binary cannot run here; undefined: it can. */
export function unsupported() {
  const { platform, arch } = process;
  if (platform !== 'linux' || !['x64', 'arm64'].includes(arch)) return `the native client is driven on Linux x64 and arm64 only, not on ${platform} ${arch}`;
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  return glibc ? undefined : 'the native client is linked against glibc, which is not here';
}

export function install() {
  installFolder(HERE, '@rongcloud/electron', '--ignore-scripts');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    install();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
