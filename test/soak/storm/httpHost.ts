import childProcess, { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A server over HTTP that is started again on its port whenever it was killed. */
export class HttpHost {
  readonly ledger: string;
  readonly #script: string;
  #port = 0;
  #child: ChildProcess | null = null;
  #restarting: Promise<void> | null = null;

  private constructor(script: string, ledger: string) {
    this.#script = script;
    this.ledger = ledger;
  }

  static async start(script: string, ledger: string): Promise<HttpHost> {
    const host = new HttpHost(script, ledger);
    await host.#spawn();
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`;
  }

  /** SIGKILL, and another process in its place. Whoever comes meanwhile joins. */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = null;
    });
    return this.#restarting;
  }

  forgetSessions(): void {
    // Before it listens it has no sessions, and the signal would end it.
    if (this.#restarting === null) this.#child?.kill('SIGUSR2');
  }

  /** SIGSTOP, and SIGCONT when `end` has settled. */
  freezeUntil(end: Promise<unknown>): void {
    const child = this.#child;
    // Somebody waits for its first word.
    if (this.#restarting !== null) return;
    child?.kill('SIGSTOP');
    const goOn = () => child?.kill('SIGCONT');
    end.then(goOn, goOn);
  }

  async stop(): Promise<void> {
    await this.#restarting;
    await this.#kill();
  }

  async #restart(): Promise<void> {
    await this.#kill();
    await this.#spawn();
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  }

  async #spawn(): Promise<void> {
    const args = [this.#script, this.ledger, String(this.#port)];
    const child = childProcess.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    if (child.stdout === null) throw new Error('no output to read');
    const said = once(child.stdout.setEncoding('utf8'), 'data');
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server exited with ${code}`);
    });
    // Later exits are ours.
    ended.catch(() => {});
    const [port] = await Promise.race([said, ended]);
    this.#port = Number(port);
  }
}
