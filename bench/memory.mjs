import { compare } from './support/statistics.mjs';
import { startWorker } from './support/worker.mjs';

const KIBIBYTE = 1024;

/**
 * The heap that an idle connection holds beyond what the SDK's client and its transport hold, both
 * connected to a server in the same process, which costs both the same.
 *
 * @param {{ rounds: number, connections: number }} budget
 */
export async function measureMemory({ rounds, connections }) {
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await heapPerConnection('managed', connections));
    theirs.push(await heapPerConnection('bare', connections));
  }
  const compared = compare(ours, theirs);
  const beyond = ours.map((bytes, round) => bytes - theirs[round]);
  return [
    {
      title: `heap of an idle connection, of ${connections}`,
      unit: 'KiB',
      ...compared,
      kind: 'difference',
      value: compared.ours - compared.theirs,
      spread: [Math.min(...beyond), Math.max(...beyond)],
      target: 16,
    },
  ];
}

/** A process for each measurement: a heap that has grown and shrunk holds other things as well. */
async function heapPerConnection(side, connections) {
  const worker = startWorker('holder', [side]);
  try {
    return (await worker.ask({ do: 'weigh', connections })) / KIBIBYTE;
  } finally {
    await worker.stop();
  }
}
