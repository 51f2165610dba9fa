/** What hosts use: the servers of a configuration file, in their own program. */
export { ConfigFileError, type ConfigProblem } from './configFileError.js';
export { loadConfigFile } from './loadConfigFile.js';
export { type ConfiguredServer, poolServers } from './poolServers.js';
export type { Environment } from './references.js';
export type { LoadedConfig, ServerConfig } from './serverConfig.types.js';
export { isToolAllowed, type ToolRules } from './toolRules.js';
