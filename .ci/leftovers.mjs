// Fails when a process is left that works in this repository and is younger than the given one: a server
// that a test started and nobody ended. Reads /proc; where there is none, it has nothing to say.
//
//   node .ci/leftovers.mjs $$
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Exits are seen by whoever awaits them before they are seen here. */
const patience = { rounds: 20, delay: 250 };

const here = process.cwd();
const run = Number(process.argv[2]);
for (let round = 1; leftovers().length > 0 && round < patience.rounds; round += 1) await wait(patience.delay);
for (const { pid, command } of leftovers()) {
  process.stdout.write(`left running: ${pid} ${command}\n`);
  process.exitCode = 1;
}

function leftovers() {
  if (!existsSync('/proc/self')) return [];
  const own = new Set(lineage(process.pid));
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && !own.has(pid))
    .flatMap((pid) => look(pid) ?? []);
}

/** What a process is, if it works below this directory. Processes go while one looks at them. */
function look(pid) {
  try {
    if (!worksHere(pid) || isOlder(pid)) return undefined;
    // Started by somebody who was here before us, such as the shell that watches this run.
    const parent = parentOf(pid);
    if (parent > 1 && worksHere(parent) && isOlder(parent)) return undefined;
    return { pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

function worksHere(pid) {
  const directory = readlinkSync(`/proc/${pid}/cwd`);
  return directory === here || directory.startsWith(`${here}/`);
}

function isOlder(pid) {
  return pid !== run && startOf(pid) < startOf(run);
}

/** When a process was started, in ticks since the machine was. Its name, in brackets, may hold anything. */
function startOf(pid) {
  const [, fields] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return Number(fields.split(' ')[19]);
}

function parentOf(pid) {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** A process, the one that started it, and so on. */
function lineage(pid) {
  const parent = parentOf(pid);
  return parent > 0 ? [pid, ...lineage(parent)] : [pid];
}
