/**
 * The process that subjects start as their stdio server: it passes everything on to the kit, where the answers are made
 * and executions are counted, and so nothing is lost with it. Given to Node as a text, so that it needs no file and is
 * the same from sources and from a build.
 *
 * To the kit it first says `<pid> <when it was started>`, then what came on its input. From the kit come lines: `>` and
 * what to write on the output, or `defy`, after which it neither ends with its input nor on SIGTERM, and says so.
 * It lives no longer than its connection to the kit.
 */
export const RELAY = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
let isDefiant = false;
let partial = '';
const started = Date.now() - process.uptime() * 1000;
socket.setEncoding('utf8').on('error', () => {}).on('close', () => process.exit(1));
socket.write(process.pid + ' ' + Math.round(started) + '\\n');
socket.on('data', (text) => {
  const lines = (partial + text).split('\\n');
  partial = lines.pop();
  for (const line of lines) {
    if (line.startsWith('>')) process.stdout.write(line.slice(1) + '\\n');
    else if (line === 'defy') {
      isDefiant = true;
      process.on('SIGTERM', () => {});
      socket.write('defies\\n');
    }
  }
});
process.stdout.on('error', () => {});
process.stdin.on('data', (chunk) => socket.write(chunk)).on('error', () => {}).on('end', () => {
  if (!isDefiant) process.exit(0);
});
`;
