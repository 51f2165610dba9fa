import type { ConnectionErrorRecord } from '../../machines/index.js';
import type { ConnectionState, ConnectionStats } from '../index.js';

/** What happens on a tour. The names and fields are what `--json` prints. Durations in milliseconds. */
export type TourEvent =
  | { event: 'tour.began'; version: string }
  /** The tour of one connection begins. */
  | { event: 'connection.began'; server: string }
  | {
      event: 'state.changed';
      from: ConnectionState;
      to: ConnectionState;
      cause: string;
      /** Why the session or the attempt was lost. */
      error?: ConnectionErrorRecord;
      /** The wait before the next attempt. */
      delay?: number;
      /** From the wish or the loss until connected. */
      duration?: number;
      /** Process of a server on stdio. */
      pid?: number;
      /** The beginning of the session's id. */
      session?: string;
    }
  | { event: 'features.negotiated'; features: string[] }
  | { event: 'health.checked'; status: string; duration: number }
  | { event: 'items.listed'; of: ListedItems; names: string[]; isComplete: boolean; duration: number }
  | { event: 'list.refused'; of: ListedItems; message: string }
  /** The call was made. `waits`: there is no session to send it on. */
  | { event: 'tool.called'; tool: string; arguments: ToolArguments; waits: boolean }
  | {
      event: 'tool.answered';
      tool: string;
      /** Null where the reader did not choose the tool: who knows what it shows. */
      text: string | null;
      /** Length of all the text in the answer. */
      characters: number;
      isError: boolean;
      duration: number;
    }
  | {
      event: 'tool.failed';
      tool: string;
      code: string;
      message: string;
      /** Absent where the server itself answered with an error. */
      mayHaveExecuted?: boolean;
      duration: number;
    }
  | { event: 'tool.skipped'; reason: string }
  | { event: 'server.started'; pid: number; url: string }
  | { event: 'server.killed'; pid: number; signal: 'SIGKILL' }
  /** None of these processes is there any more. */
  | { event: 'server.gone'; pids: number[] }
  | { event: 'connection.ended'; statistics: ConnectionStats }
  | { event: 'tour.ended'; outcome: 'finished' | 'interrupted'; duration: number }
  | { event: 'tour.failed'; code: string; message: string };

export type ListedItems = 'tools' | 'prompts' | 'resources';

export interface ToolArguments {
  [name: string]: unknown;
}

/** An event as it is told: when, in epoch milliseconds, and on which connection; null for the tour's own. */
export type Told = { at: number; connection: string | null } & TourEvent;

export type Tell = (event: TourEvent, at?: number) => void;

/** Shows what happens to whoever watches. */
export interface Reporter {
  tell(told: Told): void;
  /** Nothing more comes; idempotent. */
  end(): void;
}

/** What every part of a tour is given. */
export interface Stage {
  tell: Tell;
  /** Aborts when the tour is to end before its end. */
  signal: AbortSignal;
}
