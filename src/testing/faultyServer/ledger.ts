import { appendFileSync } from 'node:fs';

/** Writes down what was begun, before anything comes of it, where there is a ledger. */
export function noteIn(ledger: string | null, what: string, key = ''): void {
  if (ledger !== null) appendFileSync(ledger, `${what} ${key}\n`);
}
