export const door = { states: {} };
