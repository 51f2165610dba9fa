import { fileURLToPath } from 'node:url';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { answer } from './answer.mjs';

/** The echo server as a process. */
export const echoOnStdio = {
  command: process.execPath,
  args: [fileURLToPath(new URL('echoServer.mjs', import.meta.url))],
};

/** A transport to an echo server in this process, which answers in a turn of its own. */
export function echoInMemory() {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  theirs.onmessage = (message) => {
    const answered = answer(message);
    if (answered !== null) queueMicrotask(() => void theirs.send(answered));
  };
  return ours;
}
