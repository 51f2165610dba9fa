import { loadConfig } from './loadConfig.js';
import { readConfigText } from './readConfigText.js';
import type { Environment } from './references.js';
import type { LoadedConfig, ServerConfig } from './serverConfig.types.js';

/**
 * The servers of a configuration file (`mcpServers`, or VS Code's `servers`), ready to be connected to. Naming a file is
 * trusting it: its servers are programs that will be run. What the environment lacks for one server is that server's
 * `error`, and leaves the others alone.
 *
 * @param path of the file; relative to the working directory
 * @param options.env what references such as `${TOKEN}` are looked up in. Default: the environment of the process
 * @throws ConfigFileError with everything that is wrong with the file: the place, what was found, what was expected
 */
export function loadConfigFile(
  path: string,
  { env = process.env }: { env?: Environment } = {},
): LoadedConfig<ServerConfig> {
  return loadConfig({ path, text: readConfigText(path), env });
}
