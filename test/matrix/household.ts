import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fingerprint } from '../../src/config/fingerprint.js';
import { readConfigText } from '../../src/config/readConfigText.js';
import { daemonPlaces } from '../../src/daemon/versionPointer.js';
import { readChildren } from '../../src/ipc/children.js';
import { dial } from '../../src/ipc/dial.js';
import { PROTOCOL, writeHello } from '../../src/ipc/hello.js';
import type { Peer } from '../../src/ipc/peer.js';
import { type Places, surroundings } from '../../src/ipc/places.js';
import { presenceOf } from '../../src/ipc/processIdentity.js';
import { readToken } from '../../src/ipc/token.js';
import { PACKAGE } from '../../src/package.js';
import { type CommandOptions, type Running, User } from '../cli/support.js';
import { RawPeer } from '../ipc/socketPair.js';
import type { RunResult } from '../support/run.js';
import type { Scene } from './scene.js';

/** Only the servers may know it. */
const SECRET = 'sentinel-of-this-household';
/** What may lie in the runtime directory when no daemon runs. No socket, and nothing half made. */
const KEPT = /^[0-9a-f]{20}\.(lock|lock\.next\.[0-9a-f]{32}|token|children|log|log\.old|version)$/;

/** A call that any household can make, and what comes of it. */
export const echo = ['call', 'peer', 'echo', 'text=hi'];
export const served = { code: 0, stdout: 'hi\n', stderr: '' };

interface Run {
  words: string;
  result: RunResult | null;
}

/**
 * A user of the command in the scene of a row. When the row ends, so do the daemons, and the household checks
 * what rows with commands have in common: each command has ended, with one answer or one error; the daemon's
 * books balance; no process, socket or half-made file is left, and files are the user's alone; the secret of
 * the configuration and the tokens are in no output, file, argument or foreign environment.
 */
export class Household extends User {
  readonly #scene: Scene;
  readonly #runs: Run[] = [];
  readonly #tokens = new Set<string>();
  #config = '';
  override readonly runtime: string;

  /** @param runtime name of the runtime directory */
  constructor(scene: Scene, command: { readonly path: string }, runtime = 'run') {
    super(command);
    this.runtime = join(this.home, runtime);
    this.#scene = scene;
    scene.onEnd(() => this.#end());
  }

  override get env(): { [name: string]: string } {
    return { ...super.env, ...this.#scene.mark.env, KEY: SECRET };
  }

  /** Writes the configuration: the scriptable server, called `peer`, and others. */
  serve(others: object = {}, ...faults: string[]): string {
    const { command, args, env } = this.#scene.stdio(...faults);
    const secret = `\${KEY}`;
    this.#config = this.configure({ peer: { command, args, env: { ...env, SECRET: secret } }, ...others });
    return this.#config;
  }

  override start(args: readonly string[], options: CommandOptions = {}): Running {
    const running = super.start(args, options);
    const run: Run = { words: args.join(' '), result: null };
    this.#runs.push(run);
    void running.ended.then((result) => {
      run.result = result;
    });
    return running;
  }

  /** Calls a tool of the server; the text of its answer. */
  async answer(tool: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.lifeline(['call', 'peer', tool, ...args]);
    if (code !== 0) throw new Error(`${tool}: ${code}: ${stderr}`);
    return stdout.trimEnd();
  }

  /** The one daemon that lives. */
  get daemon(): number {
    const { daemons } = this;
    const [daemon] = daemons;
    if (daemon === undefined || daemons.length > 1) throw new Error(`${daemons.length} daemons live`);
    return daemon;
  }

  get #print(): string {
    return fingerprint({ path: this.#config, text: readConfigText(this.#config), env: this.env });
  }

  /** Where the daemon of the configuration, as it is now, has its files. */
  get places(): Places {
    const around = { ...surroundings(), env: this.env };
    return daemonPlaces({ fingerprint: this.#print, version: PACKAGE.version }, around);
  }

  /** What a command says of itself. */
  get introduction() {
    return { protocol: PROTOCOL, version: PACKAGE.version, fingerprint: this.#print };
  }

  get token(): string {
    const token = readToken(this.places);
    if (token === null) throw new Error('there is no token');
    this.#tokens.add(token);
    return token;
  }

  /** Speaks to the daemon as commands do. */
  async dial(): Promise<Peer> {
    const { peer } = await dial({ places: this.places, ...this.introduction });
    this.#scene.onEnd(async () => {
      peer.close();
      await peer.closed;
    });
    return peer;
  }

  /** Speaks to the daemon by hand. */
  async connect(): Promise<RawPeer> {
    const socket = connect(this.places.socket);
    const raw = new RawPeer(socket);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    this.#scene.onEnd(async () => {
      socket.destroy();
      await raw.closed;
    });
    return raw;
  }

  /** The same, after the right hello. */
  async greet(): Promise<RawPeer> {
    const raw = await this.connect();
    raw.write(writeHello(this.introduction, this.token));
    await raw.answerTo(0);
    return raw;
  }

  /** What the running daemon says of itself. */
  async status(): Promise<{ clients: number; requests: number; pid: number }> {
    const { stdout } = await this.lifeline(['status', '--json']);
    return JSON.parse(stdout);
  }

  /** All of them, those included that begin meanwhile. */
  override async endDaemons(): Promise<void> {
    const told = new Set<number>();
    await this.#scene.until(() => {
      for (const pid of this.daemons.filter((each) => each !== process.pid && !told.has(each))) {
        told.add(pid);
        for (const signal of ['SIGTERM', 'SIGCONT'] as const) process.kill(pid, signal);
      }
      return this.#scene.mark.pids.length === 0;
    });
  }

  async #end(): Promise<void> {
    const flaws: string[] = [];
    if (this.#config !== '' && this.daemons.length === 1) flaws.push(...(await this.#unbalanced()));
    flaws.push(...this.#spoken(), ...this.#exposed());
    await this.endDaemons();
    for (const { words, result } of this.#runs) {
      if (result === null) flaws.push(`a command that never ended: ${words}`);
      else flaws.push(...flawsOf(words, result));
    }
    flaws.push(...this.#leftBehind());
    if (flaws.length > 0) throw new Error(`what holds for all commands does not hold:\n${flaws.join('\n')}`);
  }

  /** Every request that the daemon accepted has settled, or settles now. */
  async #unbalanced(): Promise<string[]> {
    const peer = await this.#dialAtLast();
    if (peer === null) return [];
    try {
      let stats = '';
      const balanced = async () => {
        const found = await peer.request('daemon.stats');
        stats = JSON.stringify(found);
        return balances(found);
      };
      const giveUp = performance.now() + 10_000;
      while (!(await balanced())) {
        if (performance.now() > giveUp) return [`the books of the daemon do not balance: ${stats}`];
      }
      return [];
    } finally {
      peer.close();
      await peer.closed;
    }
  }

  /** Null when the daemon is of another configuration, or on its way out. */
  async #dialAtLast(): Promise<Peer | null> {
    try {
      return (await dial({ places: this.places, ...this.introduction })).peer;
    } catch {
      return null;
    }
  }

  get #secrets(): string[] {
    const files = filesIn(this.home).filter((path) => path.endsWith('.token'));
    for (const path of files) this.#tokens.add(readFileSync(path, 'utf8'));
    return [SECRET, ...this.#tokens].filter((secret) => secret !== '');
  }

  #spoken(): string[] {
    const secrets = this.#secrets;
    const said = this.#runs.flatMap(({ words, result }) =>
      secrets.some((secret) => `${result?.stdout}${result?.stderr}`.includes(secret))
        ? [`a secret in the output of: ${words}`]
        : [],
    );
    const written = filesIn(this.home)
      .filter((path) => secrets.some((secret) => holds(path, secret) && !path.endsWith('.token')))
      .map((path) => `a secret in ${path}`);
    return [...said, ...written];
  }

  /** Arguments can be seen by everybody; and a token is in nobody's environment. */
  #exposed(): string[] {
    const [, ...tokens] = this.#secrets;
    return this.#scene.mark.pids.flatMap((pid) => {
      const [words, environment] = ['cmdline', 'environ'].map((name) => procFile(pid, name));
      const isTold =
        words?.includes(SECRET) || tokens.some((token) => `${words}${environment}`.includes(token));
      return isTold ? [`a secret in the arguments or the environment of process ${pid}`] : [];
    });
  }

  #leftBehind(): string[] {
    return filesIn(this.runtime).flatMap((path) => {
      const { mode } = lstatSync(path);
      const name = path.slice(this.runtime.length + 1);
      if (!KEPT.test(name)) return [`left behind: ${name}`];
      if ((mode & 0o077) !== 0) return [`open to others: ${name}`];
      if (!name.endsWith('.children')) return [];
      const { children } = readChildren({ children: path });
      return children
        .filter((child) => presenceOf(child) === 'alive')
        .map(({ pid }) => `a server left: ${pid}`);
    });
  }
}

/** One answer on stdout, or one error on stderr that is ours. */
function flawsOf(words: string, { code, signal, stdout, stderr }: RunResult): string[] {
  if (signal !== null) return [];
  const isJson = words.includes('--json');
  const flaws: string[] = [];
  if (![0, 1, 2, 3, 4, 5, 130].includes(code ?? -1)) flaws.push(`${words}: the exit code ${code}`);
  if (/^\s+at .*:\d+:\d+\)?$/m.test(stderr)) flaws.push(`${words}: a stack: ${stderr}`);
  // `up --foreground` is the daemon itself.
  const errors = stderr.split('\n').filter((line) => /^(lifeline|daemon: failed): /.test(line));
  const isTold = isJson ? stdout.includes('"error"') : errors.length === 1;
  if (code === 0 && errors.length > 0) flaws.push(`${words}: an answer and an error: ${stderr}`);
  // Who interrupted it knows.
  if (![0, 2, 130].includes(code ?? -1) && !isTold)
    flaws.push(`${words}: ended with ${code} and says: ${stderr}`);
  return flaws;
}

interface Book {
  accepted: number;
  succeeded: number;
  failed: number;
  cancelled: number;
}

function balances(stats: unknown): boolean {
  const books: Book[] = [];
  JSON.stringify(stats, (_, value: unknown) => {
    if (isBook(value)) books.push(value);
    return value;
  });
  return books.every((book) => book.accepted === book.succeeded + book.failed + book.cancelled);
}

function isBook(value: unknown): value is Book {
  return typeof value === 'object' && value !== null && 'accepted' in value && 'cancelled' in value;
}

/** Everything in the folder that is a file, a socket or a link, by its path. */
export function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return all.filter((path) => !lstatSync(path).isDirectory());
}

function holds(path: string, secret: string): boolean {
  return lstatSync(path).isFile() && readFileSync(path, 'utf8').includes(secret);
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // Gone meanwhile.
    return '';
  }
}
