import { Children } from './children.js';
import { Incidents } from './incidents.js';
import { Timers } from './timers.js';

/** What is watched for the whole run; put in place before anything is to be counted. */
export interface Instruments {
  readonly children: Children;
  readonly incidents: Incidents;
  readonly timers: Timers;
}

export function installInstruments(): Instruments {
  return { children: new Children(), incidents: new Incidents(), timers: new Timers() };
}
