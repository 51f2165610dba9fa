export { connectionModel } from '../model/connectionModel.machine.js';
export type {
  ModelContext,
  ModelEvent,
  ModelEventType,
  ModelInput,
  ModelTransport,
} from '../model/connectionModel.types.js';
export { INVARIANTS, type Invariant, type InvariantId, invariantOf } from '../model/invariants.js';
export { type Claim, type ModelStep, type ModelStory, modelPaths, modelStories } from '../model/stories.js';
export type { Adapter, Subject, SubjectTask } from './adapter.types.js';
export {
  type Certificate,
  type CertifyOptions,
  certify,
  type StoryResult,
} from './certify.js';
export { AdapterError, checkAdapter } from './checkAdapter.js';
export {
  type ConnectionStory,
  connectionStories,
  DEFAULT_PATIENCE,
  type StoriesOptions,
} from './connectionStories.js';
export { loadAdapter } from './loadAdapter.js';
export { StoryFailure } from './StoryFailure.js';
export type { ServerToConnect } from './server/ControlledServer.js';
