// Tries to become the owner, as often as it is told to: `starter.mjs <compiled sources> <lock>`.
// `try`: once; `fight <n>`: until it was the owner n times, giving up ownership each time; `end`: exits.
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [sources, lock] = process.argv.slice(2);
const { acquire } = await import(`${sources}/src/ipc/ownership.js`);

function fight(times) {
  let tries = 0;
  for (let won = 0; won < times; ) {
    tries += 1;
    const outcome = acquire({ lock });
    if (outcome.kind === 'owned') continue;
    // Fails if somebody else is the owner, too.
    closeSync(openSync(`${lock}-held`, 'wx'));
    if (!outcome.ownership.isHeld()) throw new Error('owns, and does not hold');
    unlinkSync(`${lock}-held`);
    outcome.ownership.release();
    won += 1;
  }
  return tries;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, times] = line.split(' ');
  if (command === 'end') process.exit(0);
  const result = command === 'fight' ? { tries: fight(Number(times)) } : acquire({ lock });
  console.log(JSON.stringify(result));
});
console.log('"ready"');
