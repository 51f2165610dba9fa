import { rmSync } from 'node:fs';
import type { RunResult } from '../../support/run.js';
import type { Report } from '../report.js';
import { Household } from './household.js';

const COMMANDS = 16;

/** What the commands find of an earlier daemon, in turn. */
const FINDS = ['nothing', 'what one left that was told to go', 'what one left that was killed'] as const;

/** Many commands that find no daemon at the same time, round after round. */
export async function starts({ rounds }: { rounds: number }, report: Report): Promise<void> {
  report.title(`starts: ${rounds} rounds of ${COMMANDS} commands at once`);
  const household = new Household(new Map([['server', 'plain']]));
  const total = { served: 0, roundsWithOne: 0, processes: 0 };
  const durations: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const find = FINDS[round % FINDS.length] ?? 'nothing';
    await prepare(household, find);
    const outcome = await startAtOnce(household, round);
    durations.push(outcome.duration);
    total.served += outcome.served;
    total.processes += outcome.processes;
    if (outcome.faults.length === 0) total.roundsWithOne += 1;
    for (const fault of outcome.faults) report.fail(`round ${round}, which found ${find}: ${fault}`);
    if ((round + 1) % 25 === 0) report.progress(`${round + 1} rounds`);
  }
  const [expected, slowest] = [rounds * COMMANDS, Math.max(...durations)];
  report.expect(total.served === expected, 'commands served', `${total.served} of ${expected}`);
  report.expect(total.roundsWithOne === rounds, 'rounds with exactly one daemon', total.roundsWithOne);
  report.figure('processes that tried to be it, seen in all', total.processes);
  report.figure('a round (ms)', `${Math.round(sum(durations) / rounds)}, slowest ${Math.round(slowest)}`);
  const executions = [...household.executions().values()];
  const once = executions.filter((times) => times === 1).length;
  report.expect(once === expected && executions.length === once, 'calls executed exactly once', once);
  const left = await household.end();
  report.expect(left.length === 0, 'processes left', left.join('; ') || 0);
}

async function prepare(household: Household, find: (typeof FINDS)[number]): Promise<void> {
  const { owner, setting } = household;
  if (owner === null) return;
  if (find === 'what one left that was killed') {
    process.kill(owner, 'SIGKILL');
    return;
  }
  await household.lifeline('down');
  if (find === 'nothing') rmSync(setting.places.directory, { recursive: true, force: true });
}

interface Outcome {
  duration: number;
  served: number;
  /** Of daemons, those that lost included, as far as they were seen. */
  processes: number;
  faults: string[];
}

async function startAtOnce(household: Household, round: number): Promise<Outcome> {
  const before = servingIn(household);
  const began = performance.now();
  const seen = new Set<number>();
  const look = setInterval(() => {
    for (const { pid } of household.daemons()) seen.add(pid);
  }, 100);
  const answers = await Promise.all(
    Array.from({ length: COMMANDS }, (_, index) =>
      household.lifeline('call', 'server', 'who', `key=${round}-${index}`),
    ),
  );
  const duration = performance.now() - began;
  clearInterval(look);
  const served = answers.filter(({ code, stderr }) => code === 0 && stderr === '');
  // Those that lost need a moment to see it.
  await household.comesTo(() => household.daemons().length <= 1);
  const serving = [...servingIn(household)].filter((pid) => !before.has(pid));
  const faults = [
    ...answers.filter((answer) => !served.includes(answer)).map(describeFailure),
    ...faultsOf({
      served,
      serving,
      living: household.daemons().map(({ pid }) => pid),
      owner: household.owner,
    }),
  ];
  return { duration, served: served.length, processes: seen.size, faults };
}

/** What is not as it is when there was one daemon, and it is still there. */
function faultsOf(found: {
  served: readonly RunResult[];
  serving: readonly number[];
  living: readonly number[];
  owner: number | null;
}): string[] {
  const told = new Set(found.served.map(({ stdout }) => stdout));
  const daemons = new Set([...told].map((answer) => Number(JSON.parse(answer).daemon)));
  const say = (what: string, pids: Iterable<number>) => `${what}: ${[...pids].join(', ') || 'none'}`;
  const isOnly = (pids: Iterable<number>) => [...pids].join() === String(found.owner);
  return [
    ...(isOnly(daemons) ? [] : [say(`the owner is ${found.owner}; daemons that answered`, daemons)]),
    ...(isOnly(found.living) ? [] : [say(`the owner is ${found.owner}; daemons that live`, found.living)]),
    ...(isOnly(found.serving)
      ? []
      : [say(`the owner is ${found.owner}; daemons that served`, found.serving)]),
    // The ids of two servers are never the same, even of one daemon.
    ...(told.size === 1 ? [] : [`${told.size} servers answered, expected one`]),
  ];
}

/** Process ids of all daemons that came to serve, as their log has it. */
function servingIn(household: Household): Set<number> {
  const lines = household.log().split('\n');
  return new Set(
    lines.filter((line) => line.endsWith(' daemon: serving')).map((line) => Number(line.split(' ')[1])),
  );
}

function describeFailure({ code, signal, stdout, stderr }: RunResult): string {
  return `a command ended with ${signal ?? code}: ${(stderr || stdout).trim()}`;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
