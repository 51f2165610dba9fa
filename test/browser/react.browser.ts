/** The recipe for React, in a real browser, with a server that goes away and returns. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bundle, recipeText, workshop } from '../recipes/recipe.js';
import { browser } from './support.js';

const script = fileURLToPath(new URL('../fixtures/servers/http-sdk.mjs', import.meta.url));
const chromium = browser();

/** The folder as a site of its own. */
async function serveFolder(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const file = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
    const type = file.endsWith('.js') ? 'text/javascript' : 'text/html';
    try {
      const content = readFileSync(join(folder, file));
      response.writeHead(200, { 'content-type': type }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  // A server on TCP has an address of this kind.
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return `http://127.0.0.1:${address.port}`;
}

/** An MCP server in a process of its own, and the port that it listens on. */
async function startServer(origin: string, port = 0) {
  const args = [script, `--port=${port}`, `--origin=${origin}`];
  const child: ChildProcessByStdio<null, Readable, null> = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  const [line] = await once(createInterface(child.stdout), 'line');
  return { port: Number(line), kill };
}

test('the recipe shows a connection that is lost and comes back', async () => {
  const folder = workshop();
  const origin = await serveFolder(folder);
  const server = await startServer(origin);
  const mine = `http://127.0.0.1:${server.port}/mcp`;
  const page = recipeText('docs/recipes/react.md', 'page').replace('http://127.0.0.1:3000/mcp', mine);
  expect(page).toContain(mine);
  await bundle(page, {
    isPage: true,
    outdir: folder,
    entryNames: 'main',
    splitting: true,
    platform: 'browser',
    jsx: 'automatic',
    external: ['node:*', '@modelcontextprotocol/sdk/client/stdio.js'],
    define: { 'process.env.NODE_ENV': '"development"' },
    beside: { './react.js': recipeText('docs/recipes/react.md', 'react') },
  });

  const html = '<!doctype html><div id="root"></div><script type="module" src="/main.js"></script>';
  writeFileSync(join(folder, 'index.html'), html);
  const { page: tab, complaints } = await chromium.open(origin);
  const shown = (text: string) => tab.getByText(text, { exact: true }).waitFor();
  await shown('library: connected (healthy)');

  const lost = tab.getByText(/^library: (re)?connecting \(unhealthy\)$/).waitFor();
  await server.kill();
  await lost;
  await startServer(origin, server.port);
  await shown('library: connected (healthy)');
  // A browser notes every request that finds nobody, or nothing.
  expect(complaints.filter((complaint) => !complaint.startsWith('Failed to load resource'))).toEqual([]);
});
