/** The validator of structured output that sessions give to their clients. */
import { describe, expect, test, vi } from 'vitest';
import { answerHandshake, type Responder } from '../../src/testing/scriptedTransport.js';
import { SessionRig } from './support.js';

const validators = vi.hoisted(() => ({ made: 0 }));

vi.mock('@modelcontextprotocol/sdk/validation/ajv', async (load) => {
  const { AjvJsonSchemaValidator } = await load<typeof import('@modelcontextprotocol/sdk/validation/ajv')>();
  class CountedValidator extends AjvJsonSchemaValidator {
    constructor() {
      super();
      validators.made += 1;
    }
  }
  return { AjvJsonSchemaValidator: CountedValidator };
});

const outputSchema = { type: 'object', properties: { degrees: { type: 'number' } }, required: ['degrees'] };

/** A server whose thermometer promises a number, and says what it was told to say. */
const thermometer: Responder = (request) => {
  const tool = { name: 'thermometer', inputSchema: { type: 'object' }, outputSchema };
  if (request.method === 'tools/list') return { tools: [tool] };
  if (request.method !== 'tools/call') return answerHandshake(request);
  return { content: [], structuredContent: request.params?.arguments };
};

describe('structured output', () => {
  test('is checked by the schema of its tool', async () => {
    const { session } = await new SessionRig({ respond: thermometer }).accept();
    await session.client.listTools();
    const read = (degrees: unknown) =>
      session.client.callTool({ name: 'thermometer', arguments: { degrees } }, undefined);
    expect(await read(21)).toMatchObject({ structuredContent: { degrees: 21 } });
    await expect(read('mild')).rejects.toThrow("does not match the tool's output schema");
  });

  test('takes a validator of its own for each session, and only when there is a schema', async () => {
    const before = validators.made;
    const [one, other] = [new SessionRig({ respond: thermometer }), new SessionRig({ respond: thermometer })];
    await one.accept();
    await other.accept();
    expect(validators.made - before).toBe(0);
    await one.session.client.listTools();
    await one.session.client.listTools();
    expect(validators.made - before).toBe(1);
    await other.session.client.listTools();
    expect(validators.made - before).toBe(2);
  });
});
