import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const server = path('bench/support/echoServer.mjs');

/** One that speaks to a server which something holds for it, from its start in a folder of its own to its end. */
class Contender {
  /**
   * @param {{ title: string, node: string, folder: string, setUp?: string[][], call: string[], tearDown: string[][] }} parts
   *   commands are the words behind `node`
   */
  constructor({ title, node, folder, setUp = [], call, tearDown }) {
    Object.assign(this, { title, folder, call: [node, ...call] });
    // And nothing else: what the user's own environment has Node read at each start would make the floor higher.
    this.env = { PATH: `${join(node, '..')}:${process.env.PATH}`, HOME: folder };
    this.setUp = () => this.#run(node, setUp);
    this.tearDown = () => this.#run(node, tearDown);
  }

  write(file, content) {
    mkdirSync(join(this.folder, file, '..'), { recursive: true });
    writeFileSync(join(this.folder, file), JSON.stringify(content));
    return this;
  }

  #run(node, commands) {
    for (const words of commands) {
      const { status, stderr } = spawnSync(node, words, {
        cwd: this.folder,
        env: this.env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
    }
  }
}

/** What Node costs by itself. */
export function bareNode(node, folder) {
  return new Contender({ title: "node -e ''", node, folder, call: ['-e', ''], tearDown: [] });
}

/** @param {number} servers how many there are in the configuration; one is called */
export function lifeline(node, folder, servers) {
  const command = path('dist/cli/lifeline.cjs');
  const contender = new Contender({
    title: servers === 1 ? 'lifeline call' : `lifeline call, ${servers} servers configured`,
    node,
    folder,
    call: [command, 'call', 'echo', 'echo', 'text=hi'],
    tearDown: [[command, 'down']],
  });
  const others = Array.from({ length: servers - 1 }, (_, index) => [`other-${index}`, configured(node)]);
  contender.env.MCP_LIFELINE_RUNTIME_DIR = join(folder, 'run');
  return contender.write('.config/mcp-lifeline/config.json', {
    mcpServers: { echo: configured(node), ...Object.fromEntries(others) },
  });
}

/** Others that keep servers alive between commands; brought from the registry, and run as their documentation says. */
export const peers = [
  {
    specifier: 'mcporter@0.12.3',
    file: 'dist/cli.js',
    make: (node, folder, command) =>
      new Contender({
        title: 'mcporter 0.12.3 call',
        node,
        folder,
        call: [command, 'call', 'echo.echo', 'text=hi'],
        tearDown: [[command, 'daemon', 'stop']],
      }).write('config/mcporter.json', {
        mcpServers: { echo: { ...configured(node), lifecycle: 'keep-alive' } },
      }),
  },
  {
    specifier: '@apify/mcpc@0.2.6',
    file: 'bin/mcpc',
    make: (node, folder, command) =>
      new Contender({
        title: 'mcpc 0.2.6 tools-call',
        node,
        folder,
        setUp: [[command, 'connect', 'config.json:echo', '@echo']],
        call: [command, '@echo', 'tools-call', 'echo', 'text:=hi'],
        tearDown: [[command, 'close', '@echo']],
      }).write('config.json', { mcpServers: { echo: configured(node) } }),
  },
];

/**
 * Installs a package of the registry, with others beside it, where `.ci/bring.mjs` keeps such things, and tells where the
 * file is.
 */
export function bring(specifier, file, ...others) {
  const script = path('.ci/bring.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, specifier, file, ...others], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found = stdout.trim();
  if (status !== 0 || !existsSync(found)) throw new Error(`${specifier} could not be brought`);
  return found;
}

function configured(node) {
  return { command: node, args: [server] };
}
