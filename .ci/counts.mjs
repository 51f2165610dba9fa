// Sums up the JSON reports of vitest in a folder: a line for each test that failed, then `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: counts.mjs <folder of reports>');
let passed = 0;
const failed = [];
for (const file of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  passed += report.numPassedTests;
  for (const { name, status, assertionResults } of report.testResults) {
    const test = `${basename(file, '.json')}: ${relative(process.cwd(), name)}`;
    const failures = assertionResults.filter((result) => result.status === 'failed');
    failed.push(...failures.map(({ fullName }) => `${test}: ${fullName}`));
    if (status === 'failed' && failures.length === 0) failed.push(`${test} could not be loaded`);
  }
}
for (const what of failed) console.log(`failed in ${what}`);
console.log(`${passed} passed, ${failed.length} failed`);
