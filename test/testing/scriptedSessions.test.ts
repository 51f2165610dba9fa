import { describe, expect, test } from 'vitest';
import { createActor, setup } from 'xstate';
import { ConnectionError, ConnectionManager } from '../../src/index.js';
import { obligingSessions, SteppingClock, scriptedSessions, settle } from '../../src/testing/index.js';

function managerOver(createSession: ReturnType<typeof scriptedSessions>['create'], clock: SteppingClock) {
  return new ConnectionManager({ name: 'files', server: { command: 'never started' }, clock, createSession });
}

describe('sessions that do what they should by themselves', () => {
  test('bring a manager up, answer its probes and end', async () => {
    const sessions = obligingSessions();
    const manager = managerOver(sessions.create, new SteppingClock());
    await expect(manager.connect()).resolves.toMatchObject({ serverInfo: { name: 'scripted' } });
    await expect(manager.checkHealth()).resolves.toMatchObject({ status: 'healthy' });
    await manager.terminate();
    expect(sessions.newest.isClosed).toBe(true);
  });

  test('are replaced when they are lost', async () => {
    const clock = new SteppingClock();
    const sessions = obligingSessions();
    const manager = managerOver(sessions.create, clock);
    await manager.connect();
    sessions.newest.lost(new ConnectionError('PROCESS_EXITED', 'the server is gone'));
    await clock.advance(60_000);
    expect(manager.state.status).toBe('connected');
    expect(sessions.made.map(({ epoch, isClosed }) => ({ epoch, isClosed }))).toEqual([
      { epoch: 1, isClosed: true },
      { epoch: 2, isClosed: false },
    ]);
    await manager.terminate();
  });
});

describe('sessions that wait for the test', () => {
  test('stay where they are until the next step is taken', async () => {
    const sessions = scriptedSessions();
    const manager = managerOver(sessions.create, new SteppingClock());
    void manager.connect();
    await settle();
    expect(manager.state).toMatchObject({ status: 'connecting', phase: 'transportSetup' });
    sessions.newest.opened();
    await settle();
    expect(manager.state).toMatchObject({ status: 'connecting', phase: 'handshakeStart' });
    sessions.newest.answered();
    sessions.newest.completed();
    await settle();
    sessions.newest.probes.at(-1)?.answer();
    await settle();
    expect(manager.state.status).toBe('connected');
    const terminated = manager.terminate();
    await settle();
    expect(sessions.newest.saidGoodbye).toBe(true);
    sessions.newest.drained();
    sessions.newest.finishClosing();
    await terminated;
  });

  test('say that none was made yet', () => {
    expect(() => scriptedSessions().newest).toThrow('no session was made yet');
  });
});

describe('the stepping clock', () => {
  test('moves the timers of any statechart', async () => {
    const clock = new SteppingClock();
    const machine = setup({}).createMachine({
      initial: 'waiting',
      states: { waiting: { after: { 5000: 'rung' } }, rung: {} },
    });
    const actor = createActor(machine, { clock }).start();
    await clock.advance(4_999);
    expect(actor.getSnapshot().value).toBe('waiting');
    await clock.advance(1);
    expect(actor.getSnapshot().value).toBe('rung');
    actor.stop();
  });
});
