import { builtinModules } from 'node:module';
import { type Reached, resolveFile, type Sources } from './importGraph.js';
import { importsOf, isBare, packageOf } from './imports.js';

/** A folder of the house, or one of its two kinds of loose files: `entry` is src/index.ts, `shared` the rest of src/*.ts. */
type Room = string;

/** From the bottom up: each may import itself and those before it. */
const arrow = ['machines', 'shared', 'transports', 'session', 'connection', 'pool', 'daemon', 'cli'];

const upTo = (room: Room): Room[] => arrow.slice(0, arrow.indexOf(room) + 1);

/** What each room may import, types included. A new room says here where it stands. */
const mayImport = new Map<Room, readonly Room[]>([
  ...arrow.map((room): [Room, Room[]] => [room, upTo(room)]),
  ['entry', [...upTo('pool'), 'config']],
  ['config', [...upTo('connection'), 'config']],
  ['ipc', ['machines', 'shared', 'ipc']],
  ['daemon', [...upTo('daemon'), 'config', 'ipc', 'inspect']],
  ['cli', [...upTo('cli'), 'config', 'ipc', 'inspect', 'graph', 'testing']],
  ['graph', ['machines', 'shared', 'graph']],
  ['inspect', [...upTo('pool'), 'graph', 'inspect']],
  ['opentelemetry', [...upTo('pool'), 'opentelemetry']],
  ['testing', [...upTo('pool'), 'config', 'graph', 'testing']],
  // The small server to try the command with.
  ['demo', ['shared', 'demo']],
  // The demonstration uses the package as its readers do.
  ['tour', [...upTo('pool'), 'entry', 'graph', 'testing', 'tour']],
]);

export function roomOf(file: string): Room {
  const [top, second, third] = file.split('/');
  if (top === 'machines') return 'machines';
  if (top !== 'src' || second === undefined) throw new Error(`${file}: neither in machines/ nor in src/`);
  if (third === undefined) return second === 'index.ts' ? 'entry' : 'shared';
  return second;
}

/** The file, as source or as built, that imports a module of the user's: nobody can know which. */
export function loadsWhatUsersName(file: string): boolean {
  return /(^|\/)src\/loadModule\.[jt]s$/.test(file);
}

/** Every import that goes the wrong way, one sentence each. */
export function layeringViolations(sources: Sources): string[] {
  return [...sources].flatMap(([file, source]) =>
    importsOf(file, source).flatMap(({ specifier, kind }) => {
      if (specifier === null && loadsWhatUsersName(file)) return [];
      if (specifier === null) return [`${file}: imports an expression, which nobody can follow`];
      const problem = isBare(specifier)
        ? packageProblem(roomOf(file), specifier)
        : roomProblem(roomOf(file), roomOf(resolveFile(file, specifier, sources)));
      return problem === undefined ? [] : [`${file}: ${problem} (${kind} import of '${specifier}')`];
    }),
  );
}

function roomProblem(from: Room, to: Room): string | undefined {
  const allowed = mayImport.get(from);
  if (allowed === undefined) return `the room '${from}' has no place in the order of layers`;
  return allowed.includes(to) ? undefined : `${from} must not know ${to}`;
}

function packageProblem(room: Room, specifier: string): string | undefined {
  const name = packageOf(specifier);
  if (room === 'machines' && name !== 'xstate') return 'a chart imports xstate and nothing else';
  // xstate/graph is the same code under another name.
  const isGraph = name === '@xstate/graph' || specifier === 'xstate/graph';
  if (isGraph && room !== 'graph') return 'only src/graph touches the graph library';
  return undefined;
}

/** What would keep the entry out of a browser: Node modules and the stdio transport, with the way there. */
export function nodeOnly({ files, packages }: Reached): string[] {
  const builtins = new Set(builtinModules);
  const modules = [...packages].filter(([name]) => name.startsWith('node:') || builtins.has(packageOf(name)));
  const stdio = [...files].filter(([file]) => /(^|\/)transports\/stdio\//.test(file));
  const sdkStdio = [...packages].filter(([name]) => /^@modelcontextprotocol\/sdk\/client\/stdio/.test(name));
  return [...modules, ...stdio, ...sdkStdio].map(([name, trail]) => `${name} by way of ${trail.join(' → ')}`);
}
