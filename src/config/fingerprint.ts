import { sha256 } from '../sha256.js';
import { placeOf } from './places.js';
import { type Environment, lookUp, referencedVariables } from './references.js';

/** Changes when what a fingerprint is made of does, so that no two versions mean different things by one. */
const RECIPE = 'mcp-lifeline configuration 1';

/**
 * What tells one running configuration from another: where the file is, what it says, and what the variables
 * are that it refers to. Others do not matter. Of their values it holds hashes of hashes.
 *
 * @param text as `readConfigText` returns it
 * @returns 64 hexadecimal digits
 */
export function fingerprint({ path, text, env }: { path: string; text: string; env: Environment }): string {
  const variables = referencedVariables(text).map((name) => {
    const value = lookUp(env, name);
    return [name, value === undefined ? null : sha256(value)];
  });
  return sha256(JSON.stringify([RECIPE, placeOf(path).path, sha256(text), variables]));
}
