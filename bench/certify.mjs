import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bring } from './support/commands.mjs';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Some of the others need a younger Node than ours; then all run on it. */
const PEERS_NODE = 'node@24';

const own = ['lifeline.mjs', 'sdk-1.mjs', 'sdk-2.mjs'].map((file) => ({
  version: '',
  adapter: () => path(`docs/examples/certify/${file}`),
}));

/** Clients that others publish, with the packages that they need beside them. */
const peers = [
  { name: 'mcp-use', version: '1.34.6', adapter: 'mcp-use.mjs' },
  { name: 'mcporter', version: '0.12.3', adapter: 'mcporter.mjs' },
  {
    name: '@langchain/mcp-adapters',
    version: '1.1.4',
    others: ['@langchain/core@1.4.0', '@langchain/langgraph@1.7.3'],
    adapter: 'langchain.mjs',
  },
  { name: '@ai-sdk/mcp', version: '2.0.99', others: ['zod@4.4.3'], adapter: 'ai-sdk.mjs' },
].map(({ name, version, others = [], adapter }) => ({
  version,
  // It has to lie where its imports are found by their names.
  adapter: () => {
    const file = 'dist/index.js';
    const found = bring(`${name}@${version}`, file, ...others);
    const home = found.slice(0, found.lastIndexOf(join('node_modules', name, file)));
    copyFileSync(path(`bench/certify/${adapter}`), join(home, adapter));
    return join(home, adapter);
  },
}));

/**
 * What `lifeline certify` says of our manager and of the SDK's clients, and of others that are brought for it. All on the
 * same Node, one after the other, each transport in a process of its own.
 *
 * @param {{ peers: boolean, json: boolean }} options
 * @returns {Promise<string>} tables in Markdown, or JSON
 */
export async function certifyAll(options) {
  const node = options.peers ? bring(PEERS_NODE, 'bin/node') : process.execPath;
  const certificates = [];
  for (const { version, adapter } of [...own, ...(options.peers ? peers : [])]) {
    const file = adapter();
    for (const transport of ['stdio', 'http']) {
      const certificate = await certify(node, file, transport);
      certificates.push({ transport, ...certificate, subject: titleOf(certificate, version) });
    }
  }
  return options.json ? JSON.stringify(certificates) : formatCertificates(certificates);
}

function titleOf({ subject }, version) {
  const [name, ...rest] = subject.split(', ');
  return [version === '' ? name : `${name} ${version}`, ...rest].join(', ');
}

/** Nothing that one does can be of consequence to another. */
async function certify(node, adapter, transport) {
  const home = mkdtempSync(join(tmpdir(), 'lifeline-certify-'));
  // Nobody tells anybody that it is used.
  const env = { PATH: process.env.PATH, HOME: home, MCP_USE_ANONYMIZED_TELEMETRY: 'false' };
  const words = [path('dist/cli/lifeline.cjs'), 'certify', adapter, '--transport', transport, '--json'];
  try {
    const child = spawn(node, words, { env, cwd: home, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) said += chunk;
    const result = JSON.parse(said);
    if (result.error !== undefined) throw new Error(result.error.message);
    return result;
  } finally {
    rmSync(home, { recursive: true });
  }
}

export function formatCertificates(certificates) {
  const rows = certificates.map(({ subject, transport, stories, passed, notApplicable }) => {
    const failures = stories.filter(({ failure }) => failure !== undefined);
    const atTheEnd = failures.filter(({ steps, failure }) => failure.step > steps);
    return [subject, transport, passed, failures.length - atTheEnd.length, atTheEnd.length, notApplicable];
  });
  const details = certificates.flatMap((certificate) => {
    const broken = brokenInvariants(certificate);
    return broken === '' ? [] : [[certificate.subject, certificate.transport, broken]];
  });
  const headings = ['', 'transport', 'passed', 'failed', 'failed in the close at the end', 'not applicable'];
  return [
    markdown(headings, rows),
    markdown(['', 'transport', 'what did not hold, and in how many stories'], details),
  ].join('\n\n');
}

function brokenInvariants({ stories, unhandled }) {
  const counts = new Map();
  for (const { failure } of stories) {
    if (failure === undefined) continue;
    counts.set(failure.invariant.id, (counts.get(failure.invariant.id) ?? 0) + 1);
  }
  const broken = [...counts].map(([id, count]) => `\`${id}\` ${count}`);
  if (unhandled.length > 0) broken.push(`errors that nobody handled: ${unhandled.length}`);
  return broken.join(', ');
}

function markdown(headings, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}
