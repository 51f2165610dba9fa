// Fights over places: `sweeper.mjs <compiled sources> <runtime directory> <places as JSON>`.
// `sweep <n>`: clears up so often, whatever its age; `live <n>`: is their daemon so often, and looks after its files.
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [sources, directory, given] = process.argv.slice(2);
process.env.MCP_LIFELINE_RUNTIME_DIR = directory;
const { acquire } = await import(`${sources}/src/ipc/ownership.js`);
const { sweepLeftovers } = await import(`${sources}/src/ipc/leftovers.js`);
const { writeToken, readToken } = await import(`${sources}/src/ipc/token.js`);
const { placesFor } = await import(`${sources}/src/ipc/places.js`);
const { ChildrenRecord } = await import(`${sources}/src/ipc/children.js`);
const places = JSON.parse(given);

async function sweep(times) {
  let removed = 0;
  for (let round = 0; round < times; round += 1) {
    removed += (await sweepLeftovers(placesFor('sweeper'), { age: -60_000 })).removed.length;
  }
  return { removed };
}

async function live(times) {
  for (let lived = 0; lived < times; ) {
    const outcome = acquire(places);
    await new Promise(setImmediate);
    if (outcome.kind === 'owned') continue;
    const token = writeToken(places);
    const record = new ChildrenRecord(places);
    for (let look = 0; look < 5; look += 1) {
      await new Promise(setImmediate);
      record.remove(1);
      if (readToken(places) !== token || !existsSync(places.children) || !outcome.ownership.isHeld()) {
        throw new Error('something was taken from one that lives');
      }
    }
    outcome.ownership.release();
    lived += 1;
  }
  return { lived: times };
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [command, times] = line.split(' ');
  console.log(JSON.stringify(await (command === 'sweep' ? sweep : live)(Number(times))));
});
console.log('"ready"');
