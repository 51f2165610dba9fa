import { compare } from './support/statistics.mjs';
import { startWorker } from './support/worker.mjs';

const FEW = 10;

/**
 * What one more connection costs a process that holds many, beside one that holds ten: CPU time until
 * it is made, and until it is connected to a server in the same process. Flat means that nothing
 * about a connection depends on how many there are.
 *
 * @param {{ warmUp: number, rounds: number, many: number, more: number }} budget `more` are made in each round
 */
export async function measureCreation({ warmUp, rounds, many, more }) {
  const [crowded, empty, bare] = [
    startWorker('holder', ['managed']),
    startWorker('holder', ['managed']),
    startWorker('holder', ['bare']),
  ];
  try {
    // All of them make as many, so that their code is equally warm.
    await Promise.all([crowded, empty, bare].map((worker) => worker.ask({ do: 'hold', connections: many })));
    await Promise.all([empty, bare].map((worker) => worker.ask({ do: 'keep', connections: FEW })));
    const replies = [];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const order = { do: 'time', connections: more };
      const reply = {
        crowded: await crowded.ask(order),
        empty: await empty.ask(order),
        bare: await bare.ask(order),
      };
      if (round >= warmUp) replies.push(reply);
    }
    const series = (worker, step) => replies.map((reply) => reply[worker][step]);
    return [
      {
        title: `making one more of ${many}, beside one of ${FEW}`,
        unit: 'µs',
        ...compare(series('crowded', 'construct'), series('empty', 'construct')),
        target: 1.25,
      },
      {
        title: `making and connecting one more of ${many}, beside one of ${FEW}`,
        unit: 'µs',
        ...compare(series('crowded', 'connect'), series('empty', 'connect')),
        target: 1.25,
      },
      {
        title: `making and connecting one more of ${FEW}, beside the SDK's client`,
        unit: 'µs',
        ...compare(series('empty', 'connect'), series('bare', 'connect')),
        target: null,
      },
    ];
  } finally {
    await Promise.all([crowded, empty, bare].map((worker) => worker.stop()));
  }
}
