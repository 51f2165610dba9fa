// Sums up the JSON reports of vitest in a folder as one line: `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: counts.mjs <folder of reports>');
let passed = 0;
let failed = 0;
for (const file of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  // A file that could not even be loaded has no test that failed.
  failed += report.testResults.filter(
    (result) => result.status === 'failed' && !hasFailedTest(result),
  ).length;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);

function hasFailedTest({ assertionResults }) {
  return assertionResults.some(({ status }) => status === 'failed');
}
