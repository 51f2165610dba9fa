/** Each recipe of the guides does what its page says, with real servers. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { installed, ProcessMark } from '../integration/support.js';
import { loadRecipe } from './recipe.js';

const everything = (mark: ProcessMark) => ({
  command: process.execPath,
  args: [installed('@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
  env: mark.env,
});
/** An event of the recipe's machine, which is of a type that only the recipe knows. */
const ask = (question: string) => Object({ type: 'ask', question });

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

const broken = { command: process.execPath, args: ['-e', 'process.exit(1)'] };

test('a machine of one’s own goes offline and online with the connection it invokes, and ends it', async () => {
  const { createResearcher } = await loadRecipe('docs/recipes/own-machine.md', 'machine');
  const mark = new ProcessMark();
  const actor = createActor(createResearcher(everything(mark)));
  onTestFinished(() => void actor.stop());
  actor.start();
  const reaches = (value: unknown) =>
    waitFor(actor, (snapshot) => JSON.stringify(Reflect.get(snapshot, 'value')) === JSON.stringify(value));
  for (const question of ['before', 'after']) {
    await reaches({ online: 'idle' });
    actor.send(ask(question));
    await reaches({ online: 'asking' });
    const { context } = Object(await reaches({ online: 'idle' }));
    expect(context.answer).toContain(`Echo: ${question}`);
    if (question === 'after') break;
    const gone = reaches('offline');
    process.kill(mark.leader, 'SIGKILL');
    expect(Object(await gone).context.problem).toContain('SIGKILL');
  }
  actor.stop();
  await until(() => mark.pids.length === 0);
});

test('a machine of one’s own is told when the connection fails, and may try again', async () => {
  const { createResearcher } = await loadRecipe('docs/recipes/own-machine.md', 'machine');
  const actor = createActor(createResearcher({ command: '/no/such/command' }));
  onTestFinished(() => void actor.stop());
  actor.start();
  const stranded = () => waitFor(actor, (snapshot) => Reflect.get(snapshot, 'value') === 'stranded');
  expect(Object(await stranded()).context.problem).toContain('/no/such/command');
  actor.send(ask('again?'));
  expect(Reflect.get(actor.getSnapshot(), 'value')).toBe('offline');
  await stranded();
});

test('a host calls each of its servers, carries on when one dies, and without one that never works', async () => {
  const { createHost } = await loadRecipe('docs/recipes/agent-host.md', 'host');
  const marks = { one: new ProcessMark(), two: new ProcessMark(), three: new ProcessMark() };
  const host = createHost({
    one: everything(marks.one),
    two: everything(marks.two),
    three: everything(marks.three),
    broken,
  });
  onTestFinished(() => host.close());
  const tools: { server: string; name: string }[] = await host.tools(30_000);
  expect([...new Set(tools.map(({ server }) => server))].sort()).toEqual(['one', 'three', 'two']);
  const echo = (server: string) => host.call(server, 'echo', { message: server });
  for (const server of ['one', 'two', 'three']) expect(await echo(server)).toContain(`Echo: ${server}`);

  const long = host.call('two', 'trigger-long-running-operation', { duration: 60, steps: 2 });
  await until(() => host.pool.peek('two').stats.calls.inFlight === 1);
  process.kill(marks.two.leader, 'SIGKILL');
  expect(await long).toBe('No answer (CONNECTION_LOST). It may have been carried out.');
  for (const server of ['one', 'three', 'two']) expect(await echo(server)).toContain(`Echo: ${server}`);
  expect(await echo('broken')).toBe('No answer (PROCESS_EXITED). It was not carried out.');
  expect(await host.call('one', 'no-such-tool', {})).toContain('no-such-tool');
  await host.close();
  expect(Object.values(marks).flatMap((mark) => mark.pids)).toEqual([]);
});

test('what was wanted is wanted again by the next process, and nothing else', async () => {
  const { resume } = await loadRecipe('docs/recipes/persistence.md', 'intent');
  const folder = mkdtempSync(join(tmpdir(), 'mcp-lifeline-intent-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'wanted.json');
  const marks = { kept: new ProcessMark(), closed: new ProcessMark(), never: new ProcessMark() };
  const servers = {
    kept: everything(marks.kept),
    closed: everything(marks.closed),
    never: everything(marks.never),
  };
  const first = await resume(file, servers);
  onTestFinished(() => first.stop());
  await first.open('kept');
  await first.open('closed');
  await first.close('closed');
  await first.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(['kept']);
  expect(marks.kept.pids).toEqual([]);

  const second = await resume(file, servers);
  onTestFinished(() => second.stop());
  expect(second.wanted()).toEqual(['kept']);
  await second.pool.peek('kept').waitFor('connected');
  expect([marks.closed.pids, marks.never.pids]).toEqual([[], []]);
  await second.stop();

  // It has left the configuration meanwhile.
  const third = await resume(file, { other: servers.never });
  expect(third.wanted()).toEqual([]);
  await third.stop();
  expect(existsSync(`${file}.next`)).toBe(false);
});
