// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
/** What the daemon makes of configurations, as commands see it. */
import { expect, test } from 'vitest';
import { buildCommand, faultyServer, User } from '../cli/support.js';

const command = buildCommand();
const program = (more: object = {}) => ({ command: process.execPath, args: [faultyServer], ...more });

test('a variable that is not set is a matter of its server alone', async () => {
  const user = new User(command);
  const path = user.configure({
    good: program(),
    bad: program({ env: { TOKEN: '${TOKEN_OF_BAD}' } }),
  });
  const message = `${path}:1: mcpServers.bad.env.TOKEN: found no variable TOKEN_OF_BAD in the environment`;
  const told = expect.stringContaining(message);

  expect(await user.lifeline(['call', 'good', 'echo', 'text=hi'])).toMatchObject({ code: 0, stdout: 'hi\n' });
  for (const own of [[], ['--no-daemon']]) {
    const { code, stdout } = await user.lifeline(['call', 'bad', 'echo', '--json', ...own]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CONFIG_INVALID', server: 'bad', message: told },
    });
  }
  expect(await user.lifeline(['ping', 'bad'])).toMatchObject({ code: 1, stderr: told });
  expect(await user.lifeline(['restart', 'bad'])).toMatchObject({ code: 1, stderr: told });
  const { stdout: status } = await user.lifeline(['status', '--json']);
  expect(JSON.parse(status)).toMatchObject({
    servers: [
      { name: 'good', problem: null, status: 'connected' },
      { name: 'bad', problem: told, status: 'disconnected' },
    ],
  });
  expect((await user.lifeline(['status'])).stdout).toContain(message);
  const { code, stdout: examined } = await user.lifeline(['doctor', '--json']);
  expect(code).toBe(1);
  const findings: { check: string; status: string; text: string }[] = JSON.parse(examined);
  expect(findings.find(({ check }) => check === 'server good')).toMatchObject({ status: 'ok' });
  expect(findings.find(({ check }) => check === 'server bad')).toMatchObject({ status: 'error', text: told });

  // A caller who has the variable means another daemon, for whom all is well.
  const env = { TOKEN_OF_BAD: 'set' };
  expect(await user.lifeline(['call', 'bad', 'echo', 'text=hi'], { env })).toMatchObject({ code: 0 });
  expect(user.daemons).toHaveLength(2);
  expect(user.logs).toContain(`without a server: ${message}`);
});
