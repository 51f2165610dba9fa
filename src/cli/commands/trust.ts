import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { describeServer, type ServerDescription } from '../../config/describeServer.js';
import { parseConfig } from '../../config/parseConfig.js';
import { placeOf, trustDirectory } from '../../config/places.js';
import { readConfigText } from '../../config/readConfigText.js';
import { forgetTrust, recordTrust } from '../../config/trust.js';
import { escapeText } from '../../escape.js';
import { ask } from '../ask.js';
import { EXIT, usageError } from '../exits.js';
import type { Command, Shell } from '../Shell.js';

/** `trust [file] [--yes | --forget]`: shows what a configuration would run, and remembers that that is fine. */
export const trust: Command = async (shell) => {
  const { output, options, args } = shell;
  const directory = trustDirectory({ env: process.env, home: homedir(), platform: process.platform });
  if (options.forget === true) {
    // The file may be gone, or be broken: what is forgotten is what was trusted.
    const path = args[0] === undefined ? fileOf(shell, undefined).path : placeOf(resolve(args[0])).path;
    const wasKnown = forgetTrust({ path, directory });
    if (output.isJson) output.json({ path, trusted: false, wasKnown });
    else output.note(wasKnown ? `${path} is not trusted any more` : `${path} was not trusted`);
    return EXIT.ok;
  }
  const { path, text } = fileOf(shell, args[0]);
  const { servers } = parseConfig({ path, text });
  const described = [...servers.values()].map(describeServer);
  if (!output.isJson) {
    output.text(escapeText(path));
    for (const server of described) output.text(sentence(server));
  }
  const isAgreed = options.yes === true || (await agrees(shell));
  if (isAgreed) recordTrust({ path, text, directory });
  if (output.isJson) output.json({ path, trusted: isAgreed, servers: described });
  else output.note(isAgreed ? 'trusted, as it is now' : 'not trusted');
  return isAgreed ? EXIT.ok : EXIT.usage;
};

function fileOf(shell: Shell, file: string | undefined): { path: string; text: string } {
  if (file !== undefined) {
    const { path } = placeOf(resolve(file));
    return { path, text: readConfigText(path) };
  }
  const { path, text, source } = shell.setting;
  if (source === 'demo') throw usageError('there is no configuration here that could be trusted');
  return { path, text };
}

function sentence({ name, command, cwd, url, env, headers, variables, disabled }: ServerDescription): string {
  const names = (what: string, list: readonly string[]) =>
    list.length === 0 ? [] : [`    ${what}: ${list.map(escapeText).join(', ')}`];
  return [
    `  ${name}${disabled ? ' (disabled)' : ''}`,
    command === null ? `    talks to ${url}` : `    runs ${command}\n    in ${cwd}`,
    ...names('sets', env),
    ...names('sends the headers', headers),
    ...names('reads your variables', variables),
  ].join('\n');
}

async function agrees({ output, deadline }: Shell): Promise<boolean> {
  if (output.isJson || process.stdin.isTTY !== true) {
    throw usageError('nobody is here to ask: look at what it runs, and say --yes');
  }
  return /^y(es)?$/i.test((await ask('Trust it? [y/N] ', deadline)).trim());
}
