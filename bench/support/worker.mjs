import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts a process of its own for one side of a comparison, so that neither side pays for the other's
 * garbage or profits from code that the other warmed up.
 *
 * @param {string} name a file of `workers/`
 * @param {string[]} args
 */
export function startWorker(name, args) {
  // It makes every start of Node slower, servers' too, and has nothing to do with what is measured.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const file = fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url));
  const child = fork(file, args, { env, execArgv: ['--expose-gc'] });
  const gone = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ${args.join(' ')} ended by itself (${signal ?? `code ${code}`})`);
  });
  gone.catch(() => {});
  return {
    /** Gives an order and resolves with the reply. Rejects when the worker ends instead. */
    async ask(order) {
      child.send(order);
      const [reply] = await Promise.race([once(child, 'message'), gone]);
      return reply;
    },
    /** Ends the worker. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/**
 * Runs `use` with one worker for each side, and ends them whatever happens.
 *
 * @param {string} name
 * @param {string[]} args for both
 * @param {(managed: Worker, bare: Worker) => Promise<Result>} use
 */
export async function withBothSides(name, args, use) {
  const workers = ['managed', 'bare'].map((side) => startWorker(name, [side, ...args]));
  try {
    return await use(...workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** In a worker: replies to each order with what `obey` resolves with, and cleans up at the end. */
export function serve(obey, cleanUp = async () => {}) {
  process.on('message', async (order) => process.send(await obey(order)));
  process.on('disconnect', cleanUp);
}
