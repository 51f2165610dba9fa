import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** Of `open(2)` on Linux: the descriptor is closed when another program is run. */
const CLOSE_ON_EXEC = 0o2000000;

/** The files of a process that shall have none of ours. */
export interface DetachedFiles {
  readonly stdio: (number | 'ignore')[];
  /** To be called when the process was started. */
  close(): void;
}

/**
 * Nothing for the standard streams, and nothing in the place of what a shell left open for us and everybody whom we start:
 * a pipe among it would have its reader wait for the end of a process that lives for hours. Node does this by itself for
 * the lowest descriptors alone. Elsewhere than on Linux, one cannot see which they are.
 */
export function detachedFiles(): DetachedFiles {
  const inherited = process.platform === 'linux' ? inheritable() : [];
  if (inherited.length === 0) return { stdio: ['ignore', 'ignore', 'ignore'], close: () => {} };
  const nothing = openSync('/dev/null', 'r+');
  const stdio = Array.from({ length: Math.max(...inherited) + 1 }, (_, descriptor) =>
    inherited.includes(descriptor) ? nothing : 'ignore',
  );
  return { stdio, close: () => closeSync(nothing) };
}

/** Descriptors beyond the standard ones that a program would find open. */
function inheritable(): number[] {
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && !isClosedOnExec(descriptor));
}

function isClosedOnExec(descriptor: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0;
  } catch {
    // The one of the listing itself.
    return true;
  }
}
