import { compare } from './support/statistics.mjs';
import { withBothSides } from './support/worker.mjs';

const SERVERS = { sdk: 'a server of the SDK', echo: 'the leanest server' };

/**
 * The time from killing a server with SIGKILL until a call through its manager succeeds, beside the
 * time that the SDK's client takes to start the same server and shake hands with it, which is the least
 * that a recovery can take. The connection was stable before, so that the first retry is immediate.
 *
 * @param {{ warmUp: number, rounds: number }} budget
 */
export async function measureRecovery(budget) {
  const figures = [];
  for (const [server, title] of Object.entries(SERVERS)) {
    figures.push({
      title: `kill -9 until usable again: ${title}`,
      unit: 'ms',
      ...(await compareWith(server, budget)),
      target: 1.15,
    });
  }
  return figures;
}

function compareWith(server, { warmUp, rounds }) {
  return withBothSides('recoverer', [server], async (managed, bare) => {
    const [ours, theirs] = [[], []];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const [recovery, start] = [await managed.ask({}), await bare.ask({})];
      if (round < warmUp) continue;
      ours.push(recovery);
      theirs.push(start);
    }
    return compare(ours, theirs);
  });
}
