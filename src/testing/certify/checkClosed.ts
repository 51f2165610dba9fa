import type { InvariantId } from '../model/invariants.js';
import type { Stage } from './Stage.js';
import { Violation } from './StoryFailure.js';
import { HttpServer } from './server/HttpServer.js';

/** What was under way when something ended may still arrive for so long, in milliseconds. */
const GRACE = 30;
/** And so long may it take until the server hears that nobody waits for its answer any more. */
const HANGS_UP_WITHIN = 1000;
/** For so long nothing may begin afterwards. Whoever tries again later than that is not found out. */
const QUIET = 250;
/** A process is heard of only when it runs: for so long beyond that, or longer where processes take their time to start. */
const START = { least: 200, times: 3 };

/**
 * What has to hold once `close` has resolved. From here on the server is well, so that whoever comes back is seen.
 *
 * @throws Violation
 */
export async function checkClosed(stage: Stage): Promise<void> {
  const { server } = stage;
  await settleDown(stage);
  const closedAt = Date.now();
  server.return();
  const isHttp = server instanceof HttpServer;
  // A session that hung could not be told that it is over.
  const left = () =>
    server.lives.filter(({ startedAt, hasHung }) => startedAt <= closedAt && !(isHttp && hasHung));
  await stage.expect(
    isHttp ? 'close-ends-the-session' : 'close-leaves-no-process',
    () => left().length === 0,
    () => `left are ${isHttp ? 'sessions' : 'processes'}: ${left().length}`,
  );
  await beginsNothing(stage, 'close-is-final', closedAt, 'after close() had resolved');
}

/**
 * Nothing may begin for a while.
 *
 * @param since what began before that, in epoch milliseconds, is none of it
 * @throws Violation
 */
export async function beginsNothing(
  { server, patience }: Stage,
  id: InvariantId,
  since: number,
  when: string,
): Promise<void> {
  const quiet = QUIET + timeToStart(server);
  await patience.quiet(quiet);
  const begun = server.starts.filter((at) => at > since).length;
  if (begun === 0) return;
  const what = server instanceof HttpServer ? 'asked for a session' : 'started a process';
  throw new Violation(id, `it ${what} ${when}, ${begun} times in ${quiet} ms`);
}

/** Milliseconds until something that a subject begins is heard of. */
export function timeToStart(server: Stage['server']): number {
  return server instanceof HttpServer ? 0 : Math.max(START.least, START.times * server.slowestStart);
}

/** Who has hung up is heard of a moment later; a handshake must not be answered before that. */
export async function settleDown({ server, patience }: Stage): Promise<void> {
  await patience.quiet(GRACE);
  const isQuiet = () => server.lives.every(({ isReady }) => isReady);
  await patience.until(isQuiet, (look) => server.onchange(look), HANGS_UP_WITHIN);
}
