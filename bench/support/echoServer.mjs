import { answer } from './answer.mjs';

// The echo server on stdio. Each answer is written by itself, as real servers write theirs.
let partial = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (partial + chunk).split('\n');
  partial = lines.pop();
  for (const line of lines) {
    const answered = answer(JSON.parse(line));
    if (answered !== null) process.stdout.write(`${JSON.stringify(answered)}\n`);
  }
});
