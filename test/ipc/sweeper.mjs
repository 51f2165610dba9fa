// Fights over places: `sweeper.mjs <compiled sources> <runtime directory> <places as JSON>`.
// `sweep <n>`: clears up, whatever its age, until it has removed the files of so many daemons;
// `live <n>`: is the daemon of the places so often, and goes on until it is told to `stop`, and looks after its files.
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
let isTold = false;

async function sweep(least) {
  let removed = 0;
  while (removed < least) {
    removed += (await sweepLeftovers(placesFor('sweeper'), { age: -60_000 })).removed.length;
    // Without anything to sweep, it would never hear anything.
    await new Promise(setImmediate);
  }
  return { removed };
}

async function live(least) {
  let lived = 0;
  while (lived < least || !isTold) {
    const outcome = acquire(places);
    await new Promise(setImmediate);
    if (outcome.kind === 'owned') continue;
    const token = writeToken(places);
    const record = new ChildrenRecord(places);
    for (let look = 0; look < 5; look += 1) {
      await new Promise(setImmediate);
      record.remove(1);
      const taken = [
        ...(readToken(places) === token ? [] : ['token']),
        ...(existsSync(places.children) ? [] : ['children']),
        ...(outcome.ownership.isHeld() ? [] : ['lock']),
      ];
      if (taken.length > 0) return { lived, taken };
    }
    outcome.ownership.release();
    lived += 1;
  }
  return { lived };
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [command, times] = line.split(' ');
  if (command === 'stop') isTold = true;
  else console.log(JSON.stringify(await (command === 'sweep' ? sweep : live)(Number(times))));
});
console.log('"ready"');
