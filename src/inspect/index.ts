export type {
  ActionOutcome,
  CallEntry,
  ConnectionDetail,
  ConnectionRow,
  InspectionAction,
  InspectionFrame,
  SourceState,
  Statistics,
  TimelineEntry,
  TransitionTaken,
} from './frames.types.js';
export type { InspectionFeed, InspectionSource } from './InspectionSource.types.js';
export { LocalSource, type LocalSourceOptions } from './LocalSource.js';
export { type Inspector, type InspectorOptions, serveInspector } from './serveInspector.js';
