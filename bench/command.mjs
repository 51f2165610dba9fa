import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bareNode, bring, lifeline, peers } from './support/commands.mjs';
import { compare } from './support/statistics.mjs';
import { timeOf } from './support/times.mjs';

/** What the least that Node can do may be multiplied by. */
const TARGET = 1.5;
const MANY = 50;
/** Some of the others need a younger Node than ours; then all sides run on it. */
const PEERS_NODE = 'node@24';

/**
 * A command that calls a tool while the server is alive already, beside `node -e ''`: time until it has ended, and
 * CPU of its process, the daemon's not included. All in turn.
 *
 * @param {{ warmUp: number, rounds: number, turns: number }} budget
 * @param {{ peers: boolean }} options whether others that do the same are brought and measured as well
 */
export async function measureCommand(budget, options) {
  // Short, because sockets have paths.
  const home = mkdtempSync('/tmp/lifeline-bench-');
  const folder = (name) => {
    mkdirSync(join(home, name));
    return join(home, name);
  };
  const node = options.peers ? bring(PEERS_NODE, 'bin/node') : process.execPath;
  const floor = bareNode(node, folder('floor'));
  const contenders = [
    { contender: lifeline(node, folder('one'), 1), target: TARGET },
    { contender: lifeline(node, folder('many'), MANY), target: TARGET },
    ...(options.peers ? peers : []).map(({ specifier, file, make }, index) => ({
      contender: make(node, folder(`peer-${index}`), bring(specifier, file)),
      target: null,
    })),
  ];
  try {
    for (const { contender } of contenders) contender.setUp();
    const figures = await race(floor, contenders, 'ignore', budget);
    // One at a time: some end their output for all who share it.
    const ours = contenders.filter(({ target }) => target !== null);
    figures.push(...(await race(floor, ours, 'pipe', { ...budget, turns: 1 })));
    // The heading of the table has the Node that runs this.
    const suffix = options.peers ? ` (${PEERS_NODE})` : '';
    return figures.map((figure) => ({ ...figure, title: figure.title + suffix }));
  } finally {
    for (const { contender } of contenders) endIt(contender);
    rmSync(home, { recursive: true, force: true });
  }
}

/** What went wrong before is what must be told. */
function endIt(contender) {
  try {
    contender.tearDown();
  } catch (error) {
    console.error(error);
  }
}

/** In each round everybody runs, beginning with another one each time. */
async function race(floor, contenders, stdio, { warmUp, rounds, turns }) {
  const all = [floor, ...contenders.map(({ contender }) => contender)];
  const samples = new Map(all.map((contender) => [contender, []]));
  for (let round = -warmUp - 1; round < rounds; round += 1) {
    const first = Math.abs(round) % all.length;
    for (const contender of [...all.slice(first), ...all.slice(0, first)]) {
      const sample = await timeOf(contender.call, {
        env: contender.env,
        cwd: contender.folder,
        turns: round < 0 ? 1 : turns,
        stdio,
      });
      checkOutput(contender, floor, stdio, sample);
      // The first one also starts what is to be warm.
      if (round >= 0) samples.get(contender).push(sample);
    }
  }
  const where = stdio === 'pipe' ? ', through pipes' : '';
  return contenders.flatMap(({ contender, target }) =>
    ['wall', 'cpu'].map((what) => ({
      title: `${contender.title}${where}: ${what === 'cpu' ? 'CPU' : 'wall time'}`,
      unit: 'ms',
      ...compare(
        samples.get(contender).map((sample) => sample[what]),
        samples.get(floor).map((sample) => sample[what]),
      ),
      target,
    })),
  );
}

/** Who does not do the work is not to win. */
function checkOutput(contender, floor, stdio, { output }) {
  if (contender === floor || stdio === 'ignore' || /^hi$/m.test(output)) return;
  throw new Error(`${contender.title}: found ${JSON.stringify(output)}, expected the tool's answer`);
}
