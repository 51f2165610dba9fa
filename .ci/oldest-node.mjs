// Uses the built package on the Node that runs this: a whole tour, over stdio and HTTP, and what in the
// package is youngest in Node (AbortSignal.any since 20.3, Symbol.asyncDispose since 20.4).
import { deepStrictEqual, rejects, strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConnectionManager } from '../dist/src/index.js';

const args = ['node_modules/@modelcontextprotocol/server-everything/dist/index.js'];
const connection = new ConnectionManager({ name: 'everything', server: { command: process.execPath, args } });
await connection.connect();
const stop = new AbortController();
const options = { signal: stop.signal };
deepStrictEqual(await connection.run((client) => client.ping(options), options), {});
stop.abort();
await rejects(connection.run((client) => client.ping(options)));
strictEqual(typeof Symbol.asyncDispose, 'symbol');
await connection[Symbol.asyncDispose]();
strictEqual(connection.state.status, 'terminated');

// Every entry of the package can be loaded.
const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const entry of Object.keys(exports).filter((each) => !each.endsWith('.json'))) {
  const found = await import(entry.replace('.', name));
  if (Object.keys(found).length === 0) throw new Error(`${entry} exports nothing`);
}

const tour = spawnSync(process.execPath, ['dist/src/tour/main.js'], { stdio: 'inherit' });
strictEqual(tour.status, 0);

// The command, its daemon and a server, which all run on the same Node.
const command = resolve('dist/cli/lifeline.cjs');
const home = mkdtempSync('/tmp/lifeline-');
const env = { PATH: process.env.PATH, HOME: home, MCP_LIFELINE_RUNTIME_DIR: `${home}/run` };
const lifeline = (...words) => {
  const { stdout, stderr } = spawnSync(process.execPath, [command, ...words], {
    cwd: home,
    encoding: 'utf8',
    env,
  });
  return stdout + stderr;
};
try {
  strictEqual(lifeline('call', 'demo', 'echo', 'text=hi'), 'hi\n');
} finally {
  strictEqual(lifeline('down'), 'the daemon is gone\n');
  rmSync(home, { recursive: true });
}
