// Loaded into a daemon before anything else: kills it between the start of its first server and the record of it, and
// leaves the server's process id in the file of LEAVES_PID. SOURCES_OF_DAEMON: the compiled sources that it runs.
import { writeFileSync } from 'node:fs';

const { LEAVES_PID, SOURCES_OF_DAEMON } = process.env;
const { watchGroups } = await import(`${SOURCES_OF_DAEMON}/src/transports/stdio/groupWatchers.js`);
// The first who watches hears it first.
watchGroups({
  began: (pid) => {
    writeFileSync(LEAVES_PID, String(pid));
    process.kill(process.pid, 'SIGKILL');
  },
  ended: () => {},
});
