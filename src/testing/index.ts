/** Building blocks for tests of an application, of a connection manager or of a statechart around one. */
export type { Clock } from '../clock.js';
export type { SessionFactory, SessionObserver, SessionPort } from '../session/port.js';
export {
  type AdvancingClock,
  type CallScript,
  type CallStep,
  type PlayedCall,
  playCalls,
  type ToolCaller,
} from './callScript.js';
export { type AskedOfPool, FakeConnectionPool } from './fakeConnectionPool.js';
export { describeFault } from './faults/describeFault.js';
export {
  type Direction,
  FAULT_KINDS,
  type FaultDeed,
  type FaultKind,
  type FaultPlace,
  type FaultPlan,
  type GarbledPart,
  type HappenedFault,
  type TransportFault,
} from './faults/faults.types.js';
export {
  FaultyTransport,
  type FaultyTransportOptions,
  TransportFaultError,
} from './faults/faultyTransport.js';
export { readFaultPlan } from './faults/readFaultPlan.js';
export { type SeededPlanOptions, seededFaultPlan } from './faults/seededFaultPlan.js';
export type { TransportShape } from './faults/transportShape.js';
export { ANSWER as SCRIPTED_ANSWER, type ScriptedProbe, ScriptedSession } from './scriptedSession.js';
export { ObligingSession, obligingSessions, ScriptedSessions, scriptedSessions } from './scriptedSessions.js';
export { answerHandshake, type Responder, ScriptedTransport } from './scriptedTransport.js';
export { seededRandom } from './seededRandom.js';
export { SteppingClock, settle } from './steppingClock.js';
