// Brings what the stand-in needs - the compiler, from its lock file, and a web SDK - and compiles. Run it as often as you like.

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { install, installFolder } from '../web-sdk/install.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const COMPILE_LIMIT_MS = 240_000;

try {
  install(process.argv[2] ?? '5.38.0');
  installFolder(HERE, 'the TypeScript compiler');
  const compiler = join(HERE, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = spawnSync(process.execPath, [compiler, '--project', 'tsconfig.json'], { cwd: HERE, encoding: 'utf8', timeout: COMPILE_LIMIT_MS });
  if (compiled.status !== 0) throw new Error(compiled.error?.message ?? compiled.stdout);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
