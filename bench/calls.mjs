import { compare } from './support/statistics.mjs';
import { withBothSides } from './support/worker.mjs';

const DEPTHS = [1, 16, 256];

/**
 * What a call through a manager costs beside one of the SDK's client with its own transport: CPU time
 * of the client's process, and the median time until the answer.
 *
 * @param {{ warmUp: number, rounds: number, calls: number }} budget `calls` in each round
 */
export function measureCalls({ warmUp, rounds, calls }) {
  return withBothSides('caller', [], async (managed, bare) => {
    const figures = [];
    for (const inFlight of DEPTHS) {
      const order = { calls, inFlight };
      const replies = [];
      for (let round = 0; round < warmUp + rounds; round += 1) {
        const [ours, theirs] = [await managed.ask(order), await bare.ask(order)];
        if (round >= warmUp) replies.push({ ours, theirs });
      }
      for (const [measure, title] of [
        ['cpu', 'CPU'],
        ['latency', 'p50'],
      ]) {
        figures.push({
          title: `a call, ${inFlight} in flight: ${title}`,
          unit: 'µs',
          ...compare(
            replies.map(({ ours }) => ours[measure]),
            replies.map(({ theirs }) => theirs[measure]),
          ),
          target: 1.1,
        });
      }
    }
    return figures;
  });
}
