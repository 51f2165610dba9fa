import { homedir } from 'node:os';
import { userConfigPath } from '../config/places.js';

/** For those who have none. */
export function howToConfigure(): string {
  const path = userConfigPath({ env: process.env, home: homedir(), platform: process.platform });
  return `you have no configuration yet: make one as ${path}, or as .mcp.json in a project`;
}
