/** Name and version of this package, as peers are told them. A test holds them to package.json. */
export const PACKAGE = { name: 'mcp-lifeline', version: '0.1.0' };
