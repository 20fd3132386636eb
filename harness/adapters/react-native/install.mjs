// Brings what the stand-in needs - the compiler, from its lock file, and a web SDK - and compiles. Run it as often as you like.

import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { install, installFolder } from '../web-sdk/install.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const COMPILE_LIMIT_MS = 240_000;

/** Apps import modules without an extension, Node with one. */
function named(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || extname(entry.name) !== '.js') continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/(from '\.[^']*)'/g, (whole, path) => (extname(path) === '.js' ? whole : `${path}.js'`)));
  }
}

try {
  install(process.argv[2] ?? '5.38.0');
  installFolder(HERE, 'the TypeScript compiler');
  const compiler = join(HERE, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = spawnSync(process.execPath, [compiler, '--project', 'tsconfig.json'], { cwd: HERE, encoding: 'utf8', timeout: COMPILE_LIMIT_MS });
  if (compiled.status !== 0) throw new Error(compiled.error?.message ?? compiled.stdout);
  named(join(HERE, 'build'));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
