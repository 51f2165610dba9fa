// Connects again and again, until it is told to stop, and tells what it found: `looker.mjs <path>`.
import { once } from 'node:events';
import { connect } from 'node:net';

const [path] = process.argv.slice(2);
const found = new Set();
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
});
console.log('"ready"');
while (!isOver) {
  const socket = connect(path);
  const outcome = await once(socket, 'connect').then(
    () => 'connected',
    (error) => error.code,
  );
  // The line of those who wait can be full, which is no fault of the path.
  if (outcome !== 'EAGAIN') found.add(outcome);
  socket.on('error', () => {}).destroy();
}
console.log(JSON.stringify([...found]));
process.exit(0);
