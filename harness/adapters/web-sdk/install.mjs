// Installs the adapter's own packages and one pinned SDK, each from its lock file, into ignored folders.
// Run it as often as you like: `node install.mjs 4.6.4 5.38.0`. A stamp of the lock file tells what is there.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { VERSIONS, knownVersions } from './versions.mjs';

export const HERE = dirname(fileURLToPath(import.meta.url));
const LOCK_WAIT_MS = 300_000;
/** A registry that does not answer is not waited for longer. */
const NPM_LIMIT_MS = 240_000;

function isInstalled(folder) {
  const stamp = join(folder, 'node_modules', '.installed');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(folder);
}

function lockHash(folder) {
  return createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
}

/** Two processes may want the same folder: the second waits until the first is done, or takes over a stale lock. */
function withLock(folder, work) {
  const lock = join(folder, '.installing');
  const until = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const stale = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > LOCK_WAIT_MS;
      if (stale) rmSync(lock, { recursive: true, force: true });
      if (Date.now() > until) throw new Error(`${lock} is still there after ${LOCK_WAIT_MS / 1000} s: remove it`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    work();
  } finally {
    rmdirSync(lock);
  }
}

/** Installs what a folder's lock file names, unless it is there; `options` are npm's. */
export function installFolder(folder, what, ...options) {
  if (isInstalled(folder)) return;
  withLock(folder, () => {
    if (isInstalled(folder)) return;
    process.stderr.write(`installing ${what} …\n`);
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...options], {
      cwd: folder,
      encoding: 'utf8',
      timeout: NPM_LIMIT_MS,
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0) {
      const why = npm.error?.message ?? npm.stderr.trim();
      throw new Error(`npm ci failed for ${what}: ${why}`);
    }
    writeFileSync(join(folder, 'node_modules', '.installed'), lockHash(folder));
    process.stderr.write(`installed ${what}\n`);
  });
}

export function install(version) {
  const sdk = VERSIONS[version];
  if (!sdk) throw new Error(`SDK version ${version} is not known here; known are ${knownVersions()}`);
  installFolder(HERE, 'the adapter');
  installFolder(join(HERE, 'sdks', version), `${sdk.package} ${version}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  try {
    for (const version of wanted.length ? wanted : Object.keys(VERSIONS)) install(version);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
