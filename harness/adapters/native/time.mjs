// A client's process in virtual time, as its front sees it: the page that the clock shim reads (`../clock-shim`), and whether
// the process rests.

import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HERE } from './install.mjs';

const SHIM = join(HERE, '..', 'clock-shim');
const SIZE = 4096;
/** Where in the page the shim counts waits in real time, and those it has no room for; where the waits begin. */
const REAL_WAITS = 32;
const UNTOLD = 40;
const WAITS = 64;
/** A step for those waits that the page does not tell. */
const STEP_MS = 100;
/** A disk in memory, where there is one: what waits for a disk is slow, and is gone with the case anyway. */
export const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let shim;

/** Builds the shim on first use. */
export function buildShim() {
  try {
    shim ??= execFileSync(join(SHIM, 'build.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    const said = `${error.stderr ?? ''}`.trim() || error.message;
    throw new Error(`the native client in virtual time needs the clock shim, which needs a C compiler (\`cc\`, or what CC names): ${said}`);
  }
  return shim;
}

export class Page {
  /** Begins at `now`, milliseconds since 1970. */
  constructor(now) {
    this.folder = mkdtempSync(join(SCRATCH, 'native-clock-'));
    this.path = join(this.folder, 'page');
    const bytes = Buffer.alloc(SIZE);
    bytes.writeBigInt64LE(BigInt(now));
    writeFileSync(this.path, bytes);
    this.file = openSync(this.path, 'r+');
    this.bytes = bytes;
    this.now = now;
  }

  /** What the client's process needs; the bell is its file 4. */
  variables() {
    return {
      LD_PRELOAD: buildShim(),
      CLOCK_SHIM_PAGE: this.path,
      CLOCK_SHIM_TARGET: `electron-linux-${process.arch}.node`,
      CLOCK_SHIM_FDS: 'deadline',
      CLOCK_SHIM_BELL: '4',
    };
  }

  move(now) {
    if (now <= this.now) return;
    this.now = now;
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(now));
    writeSync(this.file, bytes, 0, 8, 0);
  }

  /** When the first wait of the addon is over, milliseconds since 1970; null: nobody waits for a time. */
  next() {
    if (this.file === undefined) return null;
    readSync(this.file, this.bytes, 0, SIZE, 0);
    let first = this.bytes.readBigInt64LE(UNTOLD) > 0n ? BigInt(this.now + STEP_MS) : null;
    for (let at = WAITS; at < SIZE; at += 8) {
      const due = this.bytes.readBigInt64LE(at);
      if (due !== 0n && (first === null || due < first)) first = due;
    }
    return first === null || first > Number.MAX_SAFE_INTEGER ? null : Number(first);
  }

  /** Whether a thread of the addon waits for another one and has a limit in real time. */
  areHandsShaken() {
    readSync(this.file, this.bytes, 0, SIZE, 0);
    return this.bytes.readBigInt64LE(REAL_WAITS) <= 0n;
  }

  remove() {
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * How often the threads of a process, its main one left out, have gone to sleep; undefined if one of them is awake.
 * What has been woken and waits for a processor is not asleep: that holds on a loaded machine, too.
 */
export function stillness(pid) {
  let naps = '';
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
      if (!status.includes('\nState:\tS')) return undefined;
      if (thread !== String(pid)) naps += status.slice(status.lastIndexOf('\nvoluntary_ctxt_switches:') + 25);
    }
  } catch {
    return undefined;
  }
  return naps;
}
