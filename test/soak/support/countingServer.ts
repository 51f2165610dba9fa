import { resolve } from 'node:path';

/** The soak is started from the root of the package. */
export const COUNTING_SERVER = resolve('test/fixtures/servers/counting-server.mjs');
