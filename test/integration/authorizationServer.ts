import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('../fixtures/servers/oauth/main.mjs', import.meta.url));

/** What the fixture can be told to do; there it is said what each means. */
export interface Faults {
  tokenLifetime?: number | null;
  refreshable?: boolean;
  refusesRefresh?: boolean;
  refusesTokens?: boolean;
  open?: string[];
  userRefuses?: boolean;
  grants?: string[] | null;
  namesScopes?: boolean;
  scopes?: { [tool: string]: string };
  demandsEver?: string | null;
  holdsTokens?: boolean;
  authDown?: boolean;
  authStatus?: number | null;
}

/** What is counted in the process of the server; `unauthorized` and `forbidden` are answers of the MCP server. */
const NOTHING = {
  registrations: 0,
  authorizations: 0,
  tokenRequests: 0,
  /** Token requests whose sender left before the answer. */
  tokenRequestsLeft: 0,
  exchanges: 0,
  exchangesRefused: 0,
  refreshes: 0,
  refreshesRefused: 0,
  requests: 0,
  initializes: 0,
  goodbyes: 0,
  write: 0,
  erase: 0,
  roots: 0,
  unauthorized: 0,
  forbidden: 0,
};
export type Counts = typeof NOTHING;

/** What a session was told to be. */
export interface ServerSession {
  level: string | null;
  subscriptions: string[];
}

/** An authorization server, and the MCP server that it protects, in a process that ends with the test. */
export class ProtectedServer {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  static async start(faults: Faults = {}): Promise<ProtectedServer> {
    const child = spawn(process.execPath, [script, JSON.stringify(faults)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    for await (const line of createInterface(child.stdout)) return new ProtectedServer(line);
    throw new Error('the server ended before it listened');
  }

  set(faults: Faults): Promise<unknown> {
    return this.#control({ faults });
  }

  act(act: 'expire' | 'revoke' | 'forgetClients'): Promise<unknown> {
    return this.#control({ act });
  }

  /** Resolves when this was counted so often. */
  until(name: keyof Counts, times: number): Promise<unknown> {
    return this.#control({ until: [name, times] });
  }

  async counts(): Promise<Counts> {
    return { ...NOTHING, ...(await this.#control({})).counts };
  }

  async sessions(): Promise<ServerSession[]> {
    return (await this.#control({})).sessions;
  }

  async #control(order: object): Promise<{ counts: Partial<Counts>; sessions: ServerSession[] }> {
    const url = new URL('/control', this.url);
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(order) });
    return JSON.parse(await response.text());
  }
}
