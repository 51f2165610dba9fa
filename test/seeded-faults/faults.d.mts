/** A mistake that can be made by machine: in `file`, the only occurrence of `code` becomes `fault`. */
export interface SeededFault {
  name: string;
  file: string;
  code: string;
  fault: string;
}

export const faults: readonly SeededFault[];
