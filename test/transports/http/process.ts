import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A server in a process of its own. */
export interface ServerProcess {
  port: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** The fixture made of the SDK's server parts. */
export async function spawnSdkServer(...flags: string[]): Promise<ServerProcess> {
  const script = fileURLToPath(new URL('../../fixtures/servers/http-sdk.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await line(child, () => true);
  return { port: Number(first), kill: killer(child) };
}

/** The SDK authors' own example server from the npm registry. */
export async function spawnEverything(kind: 'streamableHttp' | 'sse', port?: number): Promise<ServerProcess> {
  const script = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [script, kind], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PORT: String(chosen) },
  });
  await line(child, (text) => text.includes(String(chosen)));
  return { port: chosen, kill: killer(child) };
}

/** The first line of output that `matches`. What follows is read, so that the process is not held up. */
function line(child: ChildProcess, matches: (text: string) => boolean): Promise<string> {
  const output = child.stdout ?? child.stderr;
  if (output === null) throw new Error('the process has no output to read');
  return new Promise((resolve, reject) => {
    createInterface(output).on('line', (text) => {
      if (matches(text)) resolve(text);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the server ended with ${code ?? signal}`)));
  });
}

function killer(child: ChildProcess): () => Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = () => {
    child.kill('SIGKILL');
    return child.exitCode === null && child.signalCode === null ? gone : Promise.resolve();
  };
  onTestFinished(kill);
  return kill;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return address.port;
}
