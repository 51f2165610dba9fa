/** The command `lifeline`. Bundled into one CommonJS file, which Node loads fastest; see bundle.mjs. */
import { join } from 'node:path';
import { run } from './run.js';

// Whoever reads our output may have seen enough.
process.stdout.on('error', () => process.exit(0));

void run(process.argv.slice(2), join(__dirname, '..', 'src')).then((code) => process.exit(code));
