import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSetting, type Setting } from '../../../src/daemon/client/setting.js';
import { ownerOf } from '../../../src/ipc/ownership.js';
import { type RunResult, run } from '../../support/run.js';
import { readLedger } from '../storm/ledger.js';
import { describeProcess, type ProcessEntry, processTable } from './processTable.js';

/** The soak is started from the root of the package, and compiled into a folder that has the command, too. */
const SERVER = resolve('test/fixtures/servers/load-server.mjs');
const BUILT = fileURLToPath(new URL('../../..', import.meta.url));
const COMMAND = join(BUILT, 'cli', 'lifeline.cjs');

/** Nothing tells a stranger what a process does: one looks again and again. */
const LOOK_EVERY = 20;
const PATIENCE = 60_000;

/** A user with a configuration, its servers and its daemon, and an eye on all their processes. */
export class Household {
  readonly setting: Setting;
  readonly #folder = mkdtempSync('/tmp/lifeline-load-');
  /** In the environment of its servers and of whatever they start. */
  readonly #mark = `LIFELINE_LOAD=${randomBytes(8).toString('hex')}`;
  readonly #environment: { [name: string]: string };

  /** @param servers their names, and how they are started */
  constructor(servers: ReadonlyMap<string, 'plain' | 'stubborn'>) {
    const path = join(this.#folder, 'config.json');
    const [name = '', value = ''] = this.#mark.split('=');
    const mcpServers = Object.fromEntries(
      [...servers].map(([server, mode]) => {
        const args = [SERVER, this.#ledgerOf(server), mode];
        return [server, { command: process.execPath, args, env: { [name]: value } }];
      }),
    );
    writeFileSync(path, JSON.stringify({ mcpServers }));
    // A daemon that is forgotten leaves by itself.
    this.#environment = {
      HOME: this.#folder,
      MCP_LIFELINE_RUNTIME_DIR: join(this.#folder, 'run'),
      MCP_LIFELINE_IDLE_TIMEOUT: '120000',
    };
    // Callers in this process start daemons as well.
    Object.assign(process.env, this.#environment);
    this.setting = findSetting({ config: path, build: join(BUILT, 'src') });
    process.on('exit', this.#clear);
  }

  /** Runs a command of `lifeline` to its end. */
  lifeline(...args: string[]): Promise<RunResult> {
    const words = [COMMAND, ...args, '--config', this.setting.path];
    return run(process.execPath, words, { env: this.#environment });
  }

  /** Process id of the daemon that owns the place; null when there is none. */
  get owner(): number | null {
    return existsSync(this.setting.places.directory) ? (ownerOf(this.setting.places)?.pid ?? null) : null;
  }

  /** Starts it, and tells its process id. */
  async up(): Promise<number> {
    const { code, stderr } = await this.lifeline('up');
    if (code !== 0 || this.owner === null) throw new Error(`no daemon: ${stderr}`);
    return this.owner;
  }

  /** Processes of daemons, those included that have just begun or are about to see that there is one. */
  daemons(): ProcessEntry[] {
    return processTable().filter(
      ({ args }) => args[1]?.endsWith('daemon/main.js') && args[2] === this.setting.path,
    );
  }

  /** Processes of servers, and what servers started. */
  servers(): ProcessEntry[] {
    return processTable().filter(({ environment }) => environment.includes(this.#mark));
  }

  /** How often each key was executed, by all servers. */
  executions(): Map<string, number> {
    const ledgers = readdirSync(this.#folder).filter((name) => name.startsWith('ledger-'));
    const counts = new Map<string, number>();
    for (const [key, times] of ledgers.flatMap((name) => [...readLedger(join(this.#folder, name))])) {
      counts.set(key, (counts.get(key) ?? 0) + times);
    }
    return counts;
  }

  /** What all daemons wrote down, as far as it was kept. */
  log(): string {
    const { log } = this.setting.places;
    return [`${log}.old`, log].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('');
  }

  /** Whether it comes to hold, sooner or later. */
  async comesTo(holds: () => boolean, limit = PATIENCE): Promise<boolean> {
    const end = performance.now() + limit;
    while (!holds()) {
      if (performance.now() > end) return false;
      await pause(LOOK_EVERY);
    }
    return true;
  }

  /** Ends all in good order, and tells which processes are left. */
  async end(): Promise<string[]> {
    await this.lifeline('down', '--force');
    const left = () => [...this.daemons(), ...this.servers()];
    await this.comesTo(() => left().length === 0, 10_000);
    const found = left().map(describeProcess);
    this.#clear();
    process.off('exit', this.#clear);
    return found;
  }

  #ledgerOf(server: string): string {
    return join(this.#folder, `ledger-${server}`);
  }

  /** However this process ends. */
  readonly #clear = (): void => {
    for (const { pid } of [...this.daemons(), ...this.servers()]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
