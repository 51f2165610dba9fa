// On each order, one side's milliseconds: managed, from the death of a server until a call succeeds; bare,
// from nothing to the end of the handshake.
import { onStdio } from '../support/servers.mjs';
import { sides } from '../support/sides.mjs';
import { serve } from '../support/worker.mjs';

const [side, server] = process.argv.slice(2);

if (side === 'managed') {
  const manager = await sides.managed.stdio(onStdio[server], { retryPolicy: { stableAfter: 0 } });
  serve(
    async () => {
      const pid = await serverOf(manager);
      await untilStable(manager);
      const began = performance.now();
      const lost = manager.waitFor((state) => state.status !== 'connected');
      process.kill(pid, 'SIGKILL');
      await lost;
      await manager.callTool({ name: 'pid', arguments: {} });
      return performance.now() - began;
    },
    () => manager.terminate(),
  );
} else {
  serve(async () => {
    const began = performance.now();
    const client = await sides.bare.stdio(onStdio[server]);
    const took = performance.now() - began;
    await sides.bare.end(client);
    return took;
  });
}

/** The server's process id, which is what its tool tells. */
async function serverOf(manager) {
  const { content } = await manager.callTool({ name: 'pid', arguments: {} });
  return Number(content[0].text);
}

/** Only a proof of life makes a connection stable. */
async function untilStable(manager) {
  while (!manager.actor.getSnapshot().context.wasStable) await manager.checkHealth();
}
