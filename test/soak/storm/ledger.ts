import { existsSync, readFileSync } from 'node:fs';

/**
 * What the servers of one name executed, by key. They wrote it down themselves before they answered: no
 * answer is believed.
 */
export function readLedger(path: string): Map<string, number> {
  const executions = new Map<string, number>();
  if (!existsSync(path)) return executions;
  for (const key of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    executions.set(key, (executions.get(key) ?? 0) + 1);
  }
  return executions;
}
