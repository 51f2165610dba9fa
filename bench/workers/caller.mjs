// Calls the echo server's tool, so many at a time, and tells what that cost this process.

import { onStdio } from '../support/servers.mjs';
import { sides } from '../support/sides.mjs';
import { median } from '../support/statistics.mjs';
import { serve } from '../support/worker.mjs';

const side = sides[process.argv[2]];
const connection = await side.stdio(onStdio.echo);
const call = {
  name: 'echo',
  arguments: { text: 'What the tool is told, about as long as a short question.' },
};

serve(
  async ({ calls, inFlight }) => {
    const latencies = [];
    let left = calls;
    const lane = async () => {
      while (left > 0) {
        left -= 1;
        const began = performance.now();
        await connection.callTool(call);
        latencies.push(performance.now() - began);
      }
    };
    const before = process.cpuUsage();
    await Promise.all(Array.from({ length: inFlight }, lane));
    const { user, system } = process.cpuUsage(before);
    return { cpu: (user + system) / calls, latency: median(latencies) * 1000 };
  },
  () => side.end(connection),
);
