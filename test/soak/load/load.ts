import { type Options, UsageError } from '../commandLine.js';
import type { Report } from '../report.js';
import type { Instruments } from '../support/instruments.js';
import { crowd } from './crowd.js';
import { flood } from './flood.js';
import { kills } from './kills.js';
import { starts } from './starts.js';

/** One after the other: each has the machine for itself. */
const PARTS: { readonly [name: string]: (options: Options, report: Report) => Promise<void> } = {
  flood,
  crowd,
  starts,
  kills,
};

/** The command and its daemon, as processes of their own, under more than they are made for. */
export async function soakLoad(options: Options, report: Report, { incidents }: Instruments): Promise<void> {
  if (process.platform !== 'linux') throw new UsageError('load: looks at processes as Linux shows them');
  const names = options.part === undefined ? Object.keys(PARTS) : [options.part];
  for (const name of names) {
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (part === undefined) throw new UsageError(`--part: there is no part '${name}' of load`);
    await part(options, report);
  }
  report.title('in this process');
  report.expect(incidents.seen.length === 0, 'exceptions, rejections, warnings', incidents.seen.length);
  for (const incident of incidents.seen.slice(0, 5)) report.fail(incident);
}
