import { compare } from './support/statistics.mjs';
import { startWorker } from './support/worker.mjs';

const FEW = 10;

/**
 * What a pool that holds many connections costs, beside one that holds ten: CPU time for each `get` of a
 * connection that is there, and for each that is begun, handed out and removed again. Flat means that nothing
 * about an entry depends on how many there are. Each is measured on the same ten, and on all that there are in
 * turn: the difference is what memory costs that no cache holds any more.
 *
 * @param {{ warmUp: number, rounds: number, many: number, more: number, gets: number }} budget
 */
export async function measurePool({ warmUp, rounds, many, more, gets }) {
  const [crowded, empty] = [startWorker('pooler', []), startWorker('pooler', [])];
  try {
    // Both begin as many, so that their code is equally warm.
    await Promise.all([crowded, empty].map((worker) => worker.ask({ do: 'hold', count: many, more })));
    await empty.ask({ do: 'keep', count: FEW });
    const replies = [];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const order = { do: 'time', more, gets, used: FEW };
      const reply = { crowded: await crowded.ask(order), empty: await empty.ask(order) };
      if (round >= warmUp) replies.push(reply);
    }
    const ratio = (step) => {
      const series = (worker) => replies.map((reply) => reply[worker][step]);
      return { unit: 'µs', ...compare(series('crowded'), series('empty')) };
    };
    return [
      {
        title: `a get of one of ${FEW} in use of ${many}, beside one of ${FEW}`,
        ...ratio('get'),
        target: 1.25,
      },
      { title: `a get of one of ${many} in turn, beside one of ${FEW}`, ...ratio('getAny'), target: null },
      {
        title: `beginning and removing one more of ${many}, beside one of ${FEW}`,
        ...ratio('add'),
        target: 1.25,
      },
      {
        title: `removing one of ${many} in turn and beginning it again, beside one of ${FEW}`,
        ...ratio('renew'),
        target: 1.25,
      },
    ];
  } finally {
    await Promise.all([crowded, empty].map((worker) => worker.stop()));
  }
}
