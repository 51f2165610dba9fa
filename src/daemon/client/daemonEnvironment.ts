import { MARK_VARIABLE } from '../../ipc/children.js';
import { FINGERPRINT_VARIABLE } from '../startTerms.js';

interface Surroundings {
  env: { readonly [name: string]: string | undefined };
  versions: { readonly [name: string]: string | undefined };
}

/**
 * What a daemon gets from the process that starts it: all of its variables, for those of the configuration are looked up
 * in them. Servers get none of these by themselves.
 */
export function daemonEnvironment(
  fingerprint: string,
  { env, versions }: Surroundings = process,
): { [name: string]: string | undefined } {
  return {
    ...env,
    // In Electron the program that runs is the application, and would be started once more.
    ...(versions.electron !== undefined && { ELECTRON_RUN_AS_NODE: '1' }),
    // Not an argument: everybody can read those of a process, and guess at what a hash was made of.
    [FINGERPRINT_VARIABLE]: fingerprint,
    // Started by a server of another daemon, it is none of its servers.
    [MARK_VARIABLE]: undefined,
  };
}
