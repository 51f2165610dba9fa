import { spawn } from 'node:child_process';
import type { Settings } from './settings.js';

/** Starts this command once more, doing nothing but living and holding the output. @returns its pid */
export function startChild({ watch }: Settings, isDetached: boolean, flags: readonly string[] = []): number {
  const [, script = ''] = process.argv;
  const watched = watch === null ? [] : ['--watch', String(watch)];
  const child = spawn(process.execPath, [script, '--hang-on-start', ...watched, ...flags], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: isDetached,
  });
  child.unref();
  return child.pid ?? -1;
}
