// A client that asks for something and waits: `client.mjs <compiled sources> <places as JSON>`.
const [sources, places] = process.argv.slice(2);
const { dial } = await import(`${sources}/src/ipc/dial.js`);

const { peer } = await dial({ places: JSON.parse(places), version: '1.0.0', fingerprint: 'one' });
console.log('"ready"');
await peer.request('wait');
