import { DaemonLink } from '../daemon/client/DaemonLink.js';
import type { Deadline } from '../daemon/client/Deadline.js';
import { demandTrust, findSetting, type Setting } from '../daemon/client/setting.js';
import type { Backend } from './backend.types.js';
import type { Options } from './commandLine.js';
import { showElapsed } from './elapsed.js';
import type { Output } from './Output.js';

interface Commands {
  readonly [command: string]: { readonly options: readonly (keyof Options)[] };
}

export interface ShellOptions {
  command: string;
  args: readonly string[];
  options: Options;
  /** All commands by their names, with the options of their own. */
  commands: Commands;
  output: Output;
  deadline: Deadline;
  /** The folder of the compiled sources. */
  build: string;
  /** Ends what this process does on signals by itself. */
  ignoreSignals?(): void;
}

/** What a command does its work with. */
export class Shell {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: Options;
  readonly commands: Commands;
  readonly output: Output;
  readonly deadline: Deadline;
  /** The folder of the compiled sources. */
  readonly build: string;
  readonly #ignoreSignals: () => void;
  #setting: Setting | null = null;
  #backend: Backend | null = null;
  #running: DaemonLink | null = null;

  constructor({ command, args, options, commands, output, deadline, build, ignoreSignals }: ShellOptions) {
    this.command = command;
    this.args = args;
    this.options = options;
    this.commands = commands;
    this.output = output;
    this.deadline = deadline;
    this.build = build;
    this.#ignoreSignals = ignoreSignals ?? (() => {});
  }

  /** @throws ConfigFileError when there is one that cannot be read */
  get setting(): Setting {
    this.#setting ??= findSetting({ config: this.options.config, build: this.build });
    return this.#setting;
  }

  /**
   * Whoever carries out requests; a daemon is started when there is none and one is asked.
   *
   * @throws LifelineError `NOT_TRUSTED`
   */
  async backend(): Promise<Backend> {
    if (this.#backend !== null) return this.#backend;
    const { setting, deadline } = this;
    demandTrust(setting);
    if (this.options['no-daemon'] === true) {
      // Everything that the daemon is made of.
      const { openInProcess } = await import('./inProcess.js');
      this.#backend = this.#timed(openInProcess({ setting, deadline }));
    } else this.#backend = this.#timed(backendOf(new DaemonLink({ setting, mayStart: true }), deadline));
    return this.#backend;
  }

  /** People see how long a request takes, unless it is one that lasts until they have seen enough. */
  #timed(backend: Backend): Backend {
    const { output, deadline } = this;
    return {
      request: (method, params, options) => {
        const asked = backend.request(method, params, options);
        return deadline.isUnlimited ? asked : showElapsed(output, asked);
      },
      close: () => backend.close(),
    };
  }

  /** The daemon, if there is one; null otherwise. Starts none. Asked again, it looks whether it is still there. */
  async runningDaemon(): Promise<Backend | null> {
    const { setting, deadline } = this;
    this.#running ??= new DaemonLink({ setting, mayStart: false });
    return (await this.#running.isRunning(deadline)) ? backendOf(this.#running, deadline) : null;
  }

  /** For a command that hears signals itself. */
  handOverSignals(): void {
    this.#ignoreSignals();
  }

  async close(): Promise<void> {
    await this.#backend?.close();
  }
}

/**
 * All that a command asks has to be answered until the same time. Its connection ends with its process: whatever is still
 * in flight was withdrawn, or is not wanted.
 */
function backendOf(link: DaemonLink, deadline: Deadline): Backend {
  return {
    request: (method, params, options) => link.request(method, params, { ...options, deadline }),
    close: async () => {},
  };
}

/** Does one command. Resolves with the exit code. */
export type Command = (shell: Shell) => Promise<number>;
