import { writeSync } from 'node:fs';

export const STDOUT = 1;
export const STDERR = 2;

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** Writes everything before it returns, whatever becomes of this process afterwards. */
export function writeNow(descriptor: number, data: string | Uint8Array): void {
  const bytes = Buffer.from(data);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      // Nobody reads any more, or it has closed its output itself.
      if (code === 'EPIPE' || code === 'EBADF') process.exit(1);
      if (code !== 'EAGAIN') throw error;
      // Nobody reads for the moment, and perhaps never: that is no reason to keep a processor busy.
      Atomics.wait(NOBODY, 0, 0, 1);
    }
  }
}

/** So many bytes of text, in lines. */
export function floodOf(bytes: number): string {
  return `${'x'.repeat(1023)}\n`.repeat(Math.ceil(bytes / 1024)).slice(0, bytes);
}
