import { readOwnFile, replaceOwnFile } from '../ipc/ownFile.js';
import { type Places, placesFor, type Surroundings, surroundings } from '../ipc/places.js';

/** More than any version has. */
const LONGEST = 256;

/**
 * The places of the daemon for one configuration and one version of the package: two versions are two daemons, and
 * neither waits for the other.
 *
 * @throws ConfigError when the runtime directory that was named is no absolute path
 */
export function daemonPlaces(
  { fingerprint, version }: { fingerprint: string; version: string },
  around: Surroundings = surroundings(),
): Places {
  return placesFor(`${fingerprint} ${version}`, around);
}

/** Says which version of the package started last for one configuration, so that the others leave. */
export class VersionPointer {
  readonly #path: string;
  readonly #version: string;

  constructor(
    { fingerprint, version }: { fingerprint: string; version: string },
    around: Surroundings = surroundings(),
  ) {
    // Beside the daemons' files, under a name that all versions come to.
    this.#path = placesFor(fingerprint, around).lock.replace(/lock$/, 'version');
    this.#version = version;
  }

  /** The directory must be there. */
  write(): void {
    replaceOwnFile(this.#path, this.#version);
  }

  /** True as well when there is none: something that cleans up is no other version. */
  isOurs(): boolean {
    return (readOwnFile(this.#path, LONGEST) ?? this.#version) === this.#version;
  }
}
