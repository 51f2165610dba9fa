/** The command `lifeline`. Bundled into one CommonJS file, which Node loads fastest; see bundle.mjs. */
import { join } from 'node:path';
import { escapeText } from '../escape.js';
import { EXIT } from './exits.js';
import { run } from './run.js';
import { stderr } from './streams.js';

process.on('uncaughtException', fail);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 4)) {
  stderr().write(`lifeline: found Node ${process.versions.node}, expected 20.4 or newer\n`);
  process.exit(EXIT.usage);
}

void run(process.argv.slice(2), join(__dirname, '..', 'src')).then((code) => process.exit(code), fail);

/** Whatever went wrong that nobody thought of. Its stack is of no use to whoever called a command. */
function fail(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  stderr().write(`lifeline: ${escapeText(text)}\n`);
  process.exit(EXIT.connection);
}
