export {
  actorDoneEventType,
  actorErrorEventType,
  afterEventType,
  describeEventType,
  type EventName,
  type EventNaming,
  isReservedEventType,
  parseEventType,
} from '../eventNames.js';
export {
  type CoverageReport,
  type CoverageWatch,
  coverage,
  formatCoverage,
  watchCoverage,
} from './coverage.js';
export { describeEvent, describePath } from './describePath.js';
export {
  type ExploreOptions,
  explore,
  type GraphEdge,
  type GraphNode,
  type GraphStart,
  type StateGraph,
} from './explore.js';
export {
  type ActorCases,
  type ActorFixtures,
  type Cases,
  type EventFixtures,
  possibleEvents,
} from './fixtures.js';
export {
  type EdgeCoverage,
  edgeCoveringPaths,
  type MachinePath,
  type PathStep,
  type Story,
  shortestStoryTo,
  storiesTo,
  type Target,
} from './paths.js';
export type { SnapshotOf } from './snapshots.js';
export { activePaths, describeStateValue, matchesPath } from './stateNodes.js';
export { firstStep, type Microstep, nextStep, type Situation, type Step } from './step.js';
export { toSvg } from './svg/toSvg.js';
export { toMermaid } from './toMermaid.js';
export { type TableOptions, toTable } from './toTable.js';
export { type IgnoredPair, type TotalityReport, totality, type UndecidedPair } from './totality.js';
export { type TransitionInfo, transitionIdOf, transitionsOf } from './transitions.js';
