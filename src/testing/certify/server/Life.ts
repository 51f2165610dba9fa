/** One process or session of a server, as long as it lasts. */
export interface Life {
  /** When it was begun, as the wall clock said. */
  readonly startedAt: number;
  /** Its handshake was answered. */
  isReady: boolean;
  /** It answers nothing at the moment. */
  isHanging: boolean;
  /** It did so at some time. */
  hasHung: boolean;
  /** It is over. */
  isOver: boolean;
}

export function newLife(startedAt: number): Life {
  return { startedAt, isReady: false, isHanging: false, hasHung: false, isOver: false };
}
