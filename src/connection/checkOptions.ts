import { ConfigError } from '../errors.js';
import { checkServer } from './checkServer.js';
import {
  checkFields,
  checkHeaders,
  checkMethods,
  checkStrings,
  checkText,
  isObject,
  kindOf,
} from './checks.js';
import type { ConnectionOptions } from './options.js';

type Check = (field: string, value: unknown) => void;

const isFunction: Check = (field, value) => {
  if (typeof value !== 'function') throw new ConfigError(field, kindOf(value), 'a function');
};

const isAnObject: Check = (field, value) => {
  if (!isObject(value)) throw new ConfigError(field, kindOf(value), 'an object');
};

const methods =
  (...names: string[]): Check =>
  (field, value) =>
    checkMethods(field, value, names);

/** The policies have defaults and are checked where those are filled in. */
const elsewhere: Check = () => {};

/** Every option, and what its value must be where it is given. */
const CHECKS: { [Option in keyof Required<ConnectionOptions>]: Check } = {
  name: (field, value) => checkText(field, value, 'a name'),
  server: elsewhere,
  clientInfo: (field, value) => {
    if (!isObject(value)) throw new ConfigError(field, kindOf(value), 'an object with name and version');
    checkText(`${field}.name`, Reflect.get(value, 'name'), 'a name');
    checkText(`${field}.version`, Reflect.get(value, 'version'), 'a version');
  },
  capabilities: isAnObject,
  requiredCapabilities: (field, value) => {
    checkStrings(field, value);
    if (Array.isArray(value) && value.includes('')) {
      throw new ConfigError(field, value, "capability paths, such as 'tools'");
    }
  },
  configureClient: isFunction,
  authProvider: isAnObject,
  headers: (field, value) => {
    if (typeof value !== 'function') checkHeaders(field, value);
  },
  fetch: isFunction,
  secrets: checkStrings,
  clock: methods('now', 'time', 'setTimeout', 'clearTimeout'),
  random: isFunction,
  inspect: isFunction,
  logger: methods('debug', 'warn'),
  historyLimit: (field, value) => {
    if (Number.isSafeInteger(value) && Number(value) >= 0) return;
    throw new ConfigError(field, value, 'a whole number of at least 0');
  },
  gate: methods('enter'),
  createSession: isFunction,
  retryPolicy: elsewhere,
  healthCheck: elsewhere,
  timeout: elsewhere,
  keepAlive: elsewhere,
};

/** @throws ConfigError when the options, other than the policies, cannot work */
export function checkOptions(options: ConnectionOptions): void {
  if (!isObject(options)) throw new ConfigError('options', kindOf(options), 'an object');
  checkFields('', options, CHECKS);
  CHECKS.name('name', options.name);
  for (const [field, check] of Object.entries(CHECKS)) {
    const value: unknown = Reflect.get(options, field);
    if (value !== undefined) check(field, value);
  }
  // With sessions of another make the server is nobody's business.
  if (options.createSession === undefined) checkServer(options.server);
}
