import { fileURLToPath } from 'node:url';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { answer } from './answer.mjs';

/** Servers as processes. */
export const onStdio = {
  /** The leanest there can be: it starts as fast as Node does. */
  echo: program('echoServer.mjs'),
  /** An ordinary one. */
  sdk: program('sdkServer.mjs'),
};

function program(file) {
  return { command: process.execPath, args: [fileURLToPath(new URL(file, import.meta.url))] };
}

/** A transport to an echo server in this process, which answers in a turn of its own. */
export function echoInMemory() {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  theirs.onmessage = (message) => {
    const answered = answer(message);
    if (answered !== null) queueMicrotask(() => void theirs.send(answered));
  };
  return ours;
}
