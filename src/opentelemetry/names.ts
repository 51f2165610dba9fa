/**
 * What things are called. Those of the protocol, its metrics and their buckets follow the semantic
 * conventions for MCP, which are in development; those with `lifeline` are ours.
 */
export const ATTRIBUTE = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
  tool: 'gen_ai.tool.name',
  prompt: 'gen_ai.prompt.name',
  operation: 'gen_ai.operation.name',
  errorType: 'error.type',
  responseCode: 'rpc.response.status_code',
  transport: 'network.transport',
  address: 'server.address',
  port: 'server.port',
  connection: 'lifeline.connection.name',
  status: 'lifeline.connection.status',
  health: 'lifeline.connection.health',
  retryCount: 'lifeline.connection.retry_count',
  sessions: 'lifeline.call.sessions',
} as const;

export const METRIC = {
  operationDuration: 'mcp.client.operation.duration',
  sessionDuration: 'mcp.client.session.duration',
  status: 'lifeline.connection.status',
  health: 'lifeline.connection.health',
  attempts: 'lifeline.connection.attempts',
  losses: 'lifeline.connection.losses',
  reconnections: 'lifeline.connection.reconnections',
} as const;

/** Of the histograms, in seconds. */
export const BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
