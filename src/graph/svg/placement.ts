import type { Box } from './boxes.js';
import type { Line } from './lines.js';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A state where it is drawn. Pixels from the picture's top left corner. */
export interface PlacedBox extends Rectangle {
  box: Box;
  /** Path of the state around it. */
  parent: string;
  isInitial: boolean;
  /** It is a region of a parallel state: divided from its neighbours, and without a frame. */
  isRegion: boolean;
}

/** From the edge of the source's box to the edge of the target's. */
export interface PlacedLine extends Line {
  points: Point[];
}

export interface ChartLayout {
  width: number;
  height: number;
  /** Outer states before inner ones. */
  boxes: PlacedBox[];
  lines: PlacedLine[];
}
