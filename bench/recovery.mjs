import { compare } from './support/statistics.mjs';
import { withBothSides } from './support/worker.mjs';

/**
 * The time from killing a server with SIGKILL until a call through its manager succeeds, beside the
 * time that the SDK's client takes to start the same server and shake hands with it, which is the least
 * that a recovery can take. The connection was stable before, so that the first retry is immediate.
 *
 * @param {{ warmUp: number, rounds: number }} budget
 */
export function measureRecovery({ warmUp, rounds }) {
  return withBothSides('recoverer', async (managed, bare) => {
    const [ours, theirs] = [[], []];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const [recovery, start] = [await managed.ask({}), await bare.ask({})];
      if (round < warmUp) continue;
      ours.push(recovery);
      theirs.push(start);
    }
    return [{ title: 'kill -9 until usable again', unit: 'ms', ...compare(ours, theirs), target: 1.15 }];
  });
}
