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
