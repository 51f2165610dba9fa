export { connectionModel } from './connectionModel.machine.js';
export type {
  ModelContext,
  ModelEvent,
  ModelEventType,
  ModelInput,
  ModelTransport,
} from './connectionModel.types.js';
export { INVARIANTS, type Invariant, type InvariantId, invariantOf } from './invariants.js';
export { type Claim, type ModelStep, type ModelStory, modelPaths, modelStories } from './stories.js';
