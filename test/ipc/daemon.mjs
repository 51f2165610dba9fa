// A daemon that answers `echo` and nothing else: `daemon.mjs <compiled sources> <places as JSON>`.
const [sources, places] = process.argv.slice(2);
const { acquire } = await import(`${sources}/src/ipc/ownership.js`);
const { listen } = await import(`${sources}/src/ipc/listen.js`);
const { ensureSafePlaces } = await import(`${sources}/src/ipc/safeDirectory.js`);

ensureSafePlaces(JSON.parse(places));
const { kind } = acquire(JSON.parse(places));
if (kind !== 'acquired') throw new Error(kind);
await listen({
  places: JSON.parse(places),
  version: '1.0.0',
  fingerprint: 'one',
  handle: (method, params) => (method === 'echo' ? params : new Promise(() => {})),
});
console.log('"ready"');
