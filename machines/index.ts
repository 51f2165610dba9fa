export type * from './connection/connection.types.js';
