import type { ConnectionManager } from '../index.js';
import type { OwnCall, OwnServer } from './commandLine.js';
import type { Stage } from './events.js';
import { callTool, checkHealth, list, listTools, tellFeatures, withConnection } from './steps.js';

export interface OwnTourOptions {
  server: OwnServer;
  call: OwnCall | null;
  /** Longest time for connecting, and for each call, in milliseconds. */
  timeout: number;
}

/** The gentle tour of a server of the reader's. */
export async function tourOwnServer({ server, call, timeout }: OwnTourOptions, stage: Stage): Promise<void> {
  stage.tell({ event: 'connection.began', server: serverInWords(server) });
  const options = {
    name: 'server',
    server,
    // Whoever mistyped wants to know at once; a loss later is worth a few attempts.
    retryPolicy: { initialAttempts: 1, maxAttempts: 3 },
    timeout: { connect: timeout, call: timeout },
  };
  const visit = async (manager: ConnectionManager) => {
    const features = tellFeatures(manager, stage);
    await checkHealth(manager, stage);
    const harmless = await listAll(features, manager, stage);
    const chosen = call ?? (harmless === null ? null : { tool: harmless, arguments: {}, isDiscreet: true });
    if (chosen !== null) await callTool(manager, chosen, stage);
    else stage.tell({ event: 'tool.skipped', reason: 'no tool says it is read-only and needs no arguments' });
  };
  await withConnection(options, stage, visit);
}

/** Lists what the server offers. Returns a tool that may be called without asking; null where there is none. */
async function listAll(
  features: readonly string[],
  manager: ConnectionManager,
  stage: Stage,
): Promise<string | null> {
  const options = { signal: stage.signal };
  const tools = features.includes('tools') ? await listTools(manager, stage) : [];
  if (features.includes('prompts')) {
    const read = async () => {
      const { prompts, nextCursor } = await manager.listPrompts({}, options);
      return { items: prompts, isComplete: nextCursor === undefined };
    };
    await list('prompts', read, stage);
  }
  if (features.includes('resources')) {
    const read = async () => {
      const { resources, nextCursor } = await manager.listResources({}, options);
      return { items: resources, isComplete: nextCursor === undefined };
    };
    await list('resources', read, stage);
  }
  const harmless = tools.find(
    ({ annotations, inputSchema }) =>
      annotations?.readOnlyHint === true && (inputSchema.required ?? []).length === 0,
  );
  return harmless?.name ?? null;
}

function serverInWords(server: OwnServer): string {
  if ('url' in server) return withoutUser(server.url);
  return [server.command, ...server.args].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}

/** A URL may hold a password, or a key among its parameters. */
function withoutUser(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
