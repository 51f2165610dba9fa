import { resolve } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../machines/index.js';
import { didYouMean } from '../config/suggestions.js';
import { bareFixtures } from '../graph/bareFixtures.js';
import { type ExploreOptions, explore, type StateGraph } from '../graph/explore.js';
import { type Story, storiesTo } from '../graph/paths.js';
import { walkConnection } from '../graph/stories/connection.js';
import { walkDaemon } from '../graph/stories/daemon.js';
import { walkPool, walkPoolEntry } from '../graph/stories/pool.js';
import { loadModule, ModuleError } from '../loadModule.js';
import { usageError } from './exits.js';

/** A path to a state, whatever the machine. */
export type AnyStory = Story<AnyStateMachine>;

/** A machine that is shown, and how it comes to a state. */
export interface Chart {
  name: string;
  machine: AnyStateMachine;
  /** @throws CommandError `USAGE` when the machine cannot be walked */
  storiesTo(path: string): readonly AnyStory[];
}

const chart = <TMachine extends AnyStateMachine>(
  name: string,
  machine: TMachine,
  walk: () => StateGraph<TMachine>,
): Chart => ({ name, machine, storiesTo: (path) => storiesTo(walk(), path) });

const CHARTS: readonly Chart[] = [
  chart('connection', connectionMachine, walkConnection),
  chart('pool', poolMachine, walkPool),
  chart('poolEntry', poolEntryMachine, walkPoolEntry),
  chart('daemon', daemonMachine, walkDaemon),
];

/** One of this program's own charts. */
export function ownChart(name: string): Chart {
  const found = CHARTS.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = CHARTS.map((each) => each.name);
  throw usageError(
    `no machine ${JSON.stringify(name)}: there are ${names.join(', ')}, and files such as ./my.machine.mjs${didYouMean(name, names)}`,
  );
}

/** Whether an argument names a file and no chart. */
export function isFileName(name: string): boolean {
  return /[\\/]/.test(name) || /\.[cm]?[jt]s$/.test(name);
}

/** A machine that a module of the user's exports. */
export async function foreignChart(file: string, wanted: string | undefined): Promise<Chart> {
  const exported = await loadModule(resolve(file), 'a module that exports a machine').catch(
    (error: unknown) => {
      throw error instanceof ModuleError ? usageError(error.message) : error;
    },
  );
  // Its own name says more than `default`.
  const entries = Object.entries(exported).sort(
    ([one], [other]) => Number(one === 'default') - Number(other === 'default'),
  );
  const machines = entries.filter((each): each is [string, AnyStateMachine] => isMachine(each[1]));
  const [name, machine] = choose(file, exported, machines, wanted);
  return {
    name,
    machine,
    storiesTo: (path) => storiesTo(walkForeign(machine, exported.fixtures), path),
  };
}

function choose(
  file: string,
  exported: object,
  machines: readonly [string, AnyStateMachine][],
  wanted: string | undefined,
): [string, AnyStateMachine] {
  const names = machines.map(([name]) => name);
  if (wanted !== undefined) {
    const found = machines.find(([name]) => name === wanted);
    if (found !== undefined) return found;
    const is = Object.hasOwn(exported, wanted) ? 'is no state machine of' : 'is not exported by';
    throw usageError(
      `--export: ${wanted} ${is} ${file}; it has ${listOf(names)}${didYouMean(wanted, names)}`,
    );
  }
  // What is exported by name and as the default is one machine.
  const [only, ...others] = machines.filter(
    ([, machine], index) => machines.findIndex((each) => each[1] === machine) === index,
  );
  if (only === undefined) {
    throw usageError(
      `${file} exports no state machine of XState 5; it exports ${listOf(Object.keys(exported))}`,
    );
  }
  if (others.length > 0) {
    throw usageError(`${file} exports several machines: ${listOf(names)}; name one with --export`);
  }
  return only;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function isMachine(value: unknown): value is AnyStateMachine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'root' in value &&
    'implementations' in value &&
    'getInitialSnapshot' in value
  );
}

/** What the module says of events, actors and inputs, in place of what can be made up without it. */
function walkForeign(machine: AnyStateMachine, fixtures: unknown): StateGraph<AnyStateMachine> {
  const given: Partial<ExploreOptions<AnyStateMachine>> =
    typeof fixtures === 'object' && fixtures !== null ? fixtures : {};
  const bare = bareFixtures(machine);
  try {
    return explore(machine, {
      ...bare,
      ...given,
      events: { ...bare.events, ...given.events },
      actors: { ...bare.actors, ...given.actors },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(
      `${message}${message.endsWith('?') ? '' : '.'} The module can export \`fixtures\`, the options of explore in mcp-lifeline/graph: { inputs, events, actors, serialize }`,
    );
  }
}
