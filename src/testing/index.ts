/** Building blocks for tests of an application, of a connection manager or of a statechart around one. */
export type { Clock } from '../clock.js';
export type { SessionFactory, SessionObserver, SessionPort } from '../session/port.js';
export { type AskedOfPool, FakeConnectionPool } from './fakeConnectionPool.js';
export { ANSWER as SCRIPTED_ANSWER, type ScriptedProbe, ScriptedSession } from './scriptedSession.js';
export { ObligingSession, obligingSessions, ScriptedSessions, scriptedSessions } from './scriptedSessions.js';
export { answerHandshake, type Responder, ScriptedTransport } from './scriptedTransport.js';
export { seededRandom } from './seededRandom.js';
export { SteppingClock, settle } from './steppingClock.js';
