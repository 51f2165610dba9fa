import { fileURLToPath } from 'node:url';
import { LifelineError } from '../../errors.js';
import { demandTrust, findSetting, type Setting } from './setting.js';

/**
 * The setting of a host: as the command finds it, but never that of the demonstration.
 *
 * @param config path of the configuration; naming it is trusting it
 * @throws ConfigFileError when the file that was named is not there, or it cannot be read
 * @throws LifelineError `CONFIG_INVALID` when there is none, `NOT_TRUSTED` when it is a project's that nobody trusted
 */
export function settingOf(config: string | undefined): Setting {
  const setting = findSetting({ config, build: fileURLToPath(new URL('../..', import.meta.url)) });
  if (setting.source === 'demo') {
    throw new LifelineError('CONFIG_INVALID', 'config: found no configuration, expected the path of one');
  }
  demandTrust(setting);
  return setting;
}
