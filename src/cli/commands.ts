import type { Options } from './commandLine.js';
import { call } from './commands/call.js';
import type { Command } from './Shell.js';

export interface CommandEntry {
  /** Options of its own; `config`, `json`, `timeout` and `help` have all. */
  options: readonly (keyof Options)[];
  /** Most arguments. */
  most: number;
  /** Lasts until its user has seen enough, also without `--watch` and `--follow`. */
  isEndless?: true;
  load(): Promise<Command> | Command;
}

const onServers = ['no-daemon'] as const;

/** The commands by their names. What is not needed at once is loaded when it is asked for. */
export const COMMANDS: { readonly [name: string]: CommandEntry } = {
  call: { options: onServers, most: Number.POSITIVE_INFINITY, load: () => call },
  tools: { options: onServers, most: 2, load: async () => (await import('./commands/tools.js')).tools },
  servers: { options: onServers, most: 0, load: async () => (await import('./commands/servers.js')).servers },
  ping: { options: onServers, most: 1, load: async () => (await import('./commands/ping.js')).ping },
  restart: { options: [], most: 1, load: async () => (await import('./commands/restart.js')).restart },
  status: { options: ['watch'], most: 0, load: async () => (await import('./commands/status.js')).status },
  stats: { options: [], most: 0, load: async () => (await import('./commands/stats.js')).stats },
  up: { options: ['foreground'], most: 0, load: async () => (await import('./commands/up.js')).up },
  down: { options: ['force'], most: 0, load: async () => (await import('./commands/down.js')).down },
  resources: {
    options: onServers,
    most: 1,
    load: async () => (await import('./commands/resources.js')).resources,
  },
  read: { options: onServers, most: 2, load: async () => (await import('./commands/read.js')).read },
  prompts: { options: onServers, most: 1, load: async () => (await import('./commands/prompts.js')).prompts },
  prompt: {
    options: onServers,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./commands/prompt.js')).prompt,
  },
  trust: {
    options: ['yes', 'forget'],
    most: 1,
    load: async () => (await import('./commands/trust.js')).trust,
  },
  events: {
    options: [],
    most: 0,
    isEndless: true,
    load: async () => (await import('./commands/events.js')).events,
  },
  ui: {
    options: ['port', 'open'],
    most: 0,
    isEndless: true,
    load: async () => (await import('./commands/ui.js')).ui,
  },
  doctor: { options: [], most: 0, load: async () => (await import('./commands/doctor.js')).doctor },
  completion: {
    options: [],
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./commands/completion.js')).completion,
  },
  graph: {
    options: ['mermaid', 'table', 'svg', 'format', 'to', 'export'],
    most: 1,
    load: async () => (await import('./commands/graph.js')).graph,
  },
  certify: {
    options: ['transport', 'only', 'patience'],
    most: 1,
    load: async () => (await import('./commands/certify.js')).certify,
  },
  logs: { options: ['follow'], most: 0, load: async () => (await import('./commands/logs.js')).logs },
};
