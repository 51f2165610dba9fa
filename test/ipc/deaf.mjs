// Listens with room for few who wait: `deaf.mjs <path>`.
import { createServer } from 'node:net';

const [path] = process.argv.slice(2);
createServer().listen({ path, backlog: 1 }, () => console.log('"ready"'));
