import { join } from 'node:path';

/** Variables that decide where the runtime directory is; the first over the second. */
export const OVERRIDE = 'MCP_LIFELINE_RUNTIME_DIR';
export const OF_SYSTEM = 'XDG_RUNTIME_DIR';

/** The variable that decides that the runtime directory is this one. */
export function variableBehind(
  directory: string,
  env: { readonly [name: string]: string | undefined } = process.env,
): string {
  if (env[OVERRIDE] === directory) return OVERRIDE;
  const runtime = env[OF_SYSTEM];
  return runtime !== undefined && directory === join(runtime, 'mcp-lifeline') ? OF_SYSTEM : 'TMPDIR';
}
