import { spawn } from 'node:child_process';

/** The shell's own clock: Node cannot tell what a child has used. It counts the shell's `fork`, on every side alike. */
const SCRIPT = `
TIMEFORMAT='%R %U %S'
time for ((turn = 0; turn < TURNS; turn += 1)); do "$@" || exit; done`;

/**
 * Runs a command several times, one after the other.
 *
 * @param {string[]} command
 * @param {{ turns: number, stdio: 'pipe' | 'ignore', env: object, cwd: string }} options `stdio` of the command, all three
 * @returns {Promise<{ wall: number, cpu: number, output: string }>} milliseconds of one of them; CPU is that of the process and of its
 *   children that it waited for
 */
export async function timeOf(command, { turns, stdio, env, cwd }) {
  const child = spawn('bash', ['-c', SCRIPT, 'bash', ...command], {
    cwd,
    env: { ...env, TURNS: String(turns), LC_ALL: 'C' },
    stdio: [stdio, stdio, 'pipe'],
  });
  child.stdin?.end();
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [real, user, system] = errors.trim().split('\n').at(-1).split(' ').map(Number);
  if (code !== 0 || !Number.isFinite(system))
    throw new Error(`${command.join(' ')}: code ${code}: ${errors}`);
  return { wall: (real * 1000) / turns, cpu: ((user + system) * 1000) / turns, output };
}
