import { parseJsonText } from '../config/jsonText.js';
import { Deadline } from '../daemon/client/Deadline.js';
import { escapeText } from '../escape.js';
import type { Backend } from './backend.types.js';
import { HELP } from './commandHelp.js';
import { EVERYWHERE, OPTION_NAMES } from './commandLine.js';
import { SCRIPTS } from './completionScripts.js';
import { firstLineOf, listOf, wordOf } from './content.js';
import { memberOf } from './exits.js';
import { Shell } from './Shell.js';
import { readUnfinished } from './unfinishedLine.js';

/** Something that may follow, and what it is. */
export interface Candidate {
  word: string;
  /** Safe on a terminal. */
  text: string;
}

/** Milliseconds that the user waits for a daemon, at most. */
const PATIENCE = 1000;

/** The shell completes the name of a file. */
const FILES: Candidate = { word: ':files', text: '' };

/**
 * What may stand in the place of the last word. Asks a daemon that runs, and servers that are connected, but starts
 * nothing; and what goes wrong is no matter here.
 *
 * @param words of the line, from behind the name of the program up to the cursor
 */
export async function completeWords(shell: Shell, words: readonly string[]): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  try {
    const all = await candidatesFor(shell, words.slice(0, -1), current);
    return all.filter((each) => each === FILES || (each.word.startsWith(current) && isPlain(each.word)));
  } catch {
    return [];
  }
}

/** No shell takes it for anything but a word: some names come from servers. */
function isPlain(word: string): boolean {
  return /^[\w@%+:,./-][\w@%+:,./=-]*$/.test(word);
}

async function candidatesFor(shell: Shell, words: readonly string[], current: string): Promise<Candidate[]> {
  const { command, args, config, awaits, isPastOptions } = readUnfinished(words);
  if (awaits === 'config') return [FILES];
  if (awaits === 'format') return plain(['mermaid', 'table', 'svg', 'json']);
  if (awaits === 'transport') return plain(['stdio', 'http']);
  if (awaits !== undefined) return [];
  if (current.startsWith('-') && !isPastOptions)
    return plain(optionsOf(shell, command).map((name) => `--${name}`));
  const isFirst = args.length === 0;
  switch (command) {
    case '':
      return [...commands(), { word: 'help', text: '' }];
    case 'help':
      return isFirst ? commands() : [];
    case 'completion':
      return isFirst ? plain(Object.keys(SCRIPTS)) : [];
    case 'graph':
      // Or a file, which begins like none of them.
      if (isFirst && /[./]/.test(current)) return [FILES];
      return isFirst ? plain(['connection', 'pool', 'poolEntry', 'daemon']) : [];
    case 'trust':
    case 'certify':
      return isFirst ? [FILES] : [];
  }
  const ask = ASKS[command];
  if (ask === undefined) return [];
  const { options, output, build, deadline } = shell;
  const aside = new Shell({
    command,
    args,
    commands: shell.commands,
    options: { ...options, ...(config !== undefined && { config }) },
    output,
    deadline: new Deadline(PATIENCE, deadline.signal),
    build,
  });
  try {
    return isFirst && !current.includes('/') ? serversOf(aside) : await ask(aside, args, current);
  } finally {
    await aside.close();
  }
}

/** What follows the server, for each command that has one. */
const ASKS: {
  readonly [command: string]: (
    shell: Shell,
    args: readonly string[],
    current: string,
  ) => Promise<Candidate[]>;
} = {
  call: completeCall,
  tools: async (shell, args) => (args.length === 1 ? named(await toolsOf(shell, args[0])) : []),
  read: async (shell, args) => (args.length === 1 ? named(await resourcesOf(shell, args[0]), 'uri') : []),
  prompt: completePrompt,
  resources: nothing,
  prompts: nothing,
  ping: nothing,
  restart: nothing,
};

async function nothing(): Promise<Candidate[]> {
  return [];
}

async function completeCall(shell: Shell, args: readonly string[], current: string): Promise<Candidate[]> {
  const [first = '', ...rest] = args;
  // `server/tool` is one word.
  if (args.length === 0) {
    const [server = ''] = current.split('/');
    return named(await toolsOf(shell, server)).map(({ word, text }) => ({ word: `${server}/${word}`, text }));
  }
  const at = first.indexOf('/');
  const [server, tool] = at > 0 ? [first.slice(0, at), first.slice(at + 1)] : [first, rest[0]];
  const tools = await toolsOf(shell, server);
  if (tool === undefined) return named(tools);
  const schema = memberOf(
    tools.find((each) => wordOf(each, 'name') === tool),
    'inputSchema',
  );
  const properties = memberOf(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([key, property]) => argument(key, property, current));
}

/** `key=`, and behind it the values where there are only a few. */
function argument(key: string, property: unknown, current: string): Candidate[] {
  const isFlag = memberOf(property, 'type') === 'boolean';
  const values = isFlag ? ['true', 'false'] : listOf(property, 'enum').map(String);
  if (current.startsWith(`${key}=`)) return plain(values.map((value) => `${key}=${value}`));
  return [{ word: `${key}=`, text: shortened(wordOf(property, 'description')) }];
}

async function completePrompt(shell: Shell, args: readonly string[]): Promise<Candidate[]> {
  const [server, name] = args;
  const prompts = await askConnected(shell, server, async (daemon, each) =>
    listOf(await daemon.request('prompts.list', { server: each }), 'prompts'),
  );
  if (name === undefined) return named(prompts);
  const prompt = prompts.find((each) => wordOf(each, 'name') === name);
  return named(listOf(prompt, 'arguments')).map(({ word, text }) => ({ word: `${word}=`, text }));
}

function toolsOf(shell: Shell, server: string | undefined): Promise<readonly unknown[]> {
  return askConnected(shell, server, async (daemon, each) =>
    listOf(await daemon.request('tools.list', { server: each }), 'tools'),
  );
}

function resourcesOf(shell: Shell, server: string | undefined): Promise<readonly unknown[]> {
  return askConnected(shell, server, async (daemon, each) =>
    listOf(await daemon.request('resources.list', { server: each }), 'resources'),
  );
}

/** Asks a server through the daemon; nothing when that would start one of them. */
async function askConnected(
  shell: Shell,
  server: string | undefined,
  ask: (daemon: Backend, server: string) => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  const daemon = server === undefined ? null : await shell.runningDaemon();
  if (daemon === null || server === undefined) return [];
  const all = await daemon.request('servers.list');
  const isConnected = all.some(({ name, status }) => name === server && status === 'connected');
  return isConnected ? ask(daemon, server) : [];
}

/** As the configuration names them, without looking whether all of it can be used. */
function serversOf({ setting }: Shell): Candidate[] {
  const { members } = parseJsonText(setting.text, () => {});
  const servers = (members?.get('mcpServers') ?? members?.get('servers'))?.members ?? new Map();
  return [...servers].flatMap(([word, { value }]) =>
    memberOf(value, 'disabled') === true ? [] : [{ word, text: '' }],
  );
}

function commands(): Candidate[] {
  return Object.entries(HELP).map(([word, { about }]) => ({ word, text: about.split('. ')[0] ?? '' }));
}

function optionsOf({ commands: all }: Shell, command: string): readonly string[] {
  const entry = Object.hasOwn(all, command) ? all[command] : undefined;
  return entry === undefined ? OPTION_NAMES : [...entry.options, ...EVERYWHERE];
}

function named(items: readonly unknown[], field = 'name'): Candidate[] {
  return items.map((item) => ({
    word: wordOf(item, field),
    text: shortened(wordOf(item, 'description') || (field === 'name' ? '' : wordOf(item, 'name'))),
  }));
}

function plain(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word, text: '' }));
}

function shortened(text: string): string {
  return escapeText(firstLineOf(text));
}
