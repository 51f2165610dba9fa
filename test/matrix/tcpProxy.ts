import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Scene } from './scene.js';

/**
 * Stands between client and server, and can leave connections half open: nothing that goes into them comes
 * out, and nothing fails.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs: { near: Socket; far: Socket }[] = [];
  #onswallow: (() => void) | null = null;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (near) => this.#accept(near));
  }

  /** @param target port to forward to */
  static async start(scene: Scene, target: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    scene.onEnd(() => proxy.#stop());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  /**
   * Forwards nothing more, neither over the connections that there are nor over those that come.
   *
   * @param onswallow called when something was sent over such a connection, once for each
   */
  freeze(onswallow: () => void): void {
    this.#onswallow = onswallow;
    for (const { near, far } of this.#pairs) this.#swallow(near, far);
  }

  /** Forwards over the connections that come; those that came before stay as they are. */
  thaw(): void {
    this.#onswallow = null;
  }

  #accept(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    this.#pairs.push({ near, far });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      // Whoever is cut is cut; the ends tell.
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
    if (this.#onswallow !== null) this.#swallow(near, far);
  }

  #swallow(near: Socket, far: Socket): void {
    if (near.destroyed) return;
    const onswallow = this.#onswallow;
    near.unpipe().resume();
    far.unpipe().resume();
    near.once('data', () => onswallow?.());
  }

  async #stop(): Promise<void> {
    for (const { near } of this.#pairs) near.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
