import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';

/**
 * What the SDK's client checks the structured output of tools with, made when there is a schema to
 * check by. Making it takes the client longer and more memory than all the rest of itself, and every
 * session has a client of its own.
 */
export class LazyValidator implements jsonSchemaValidator {
  #validator: jsonSchemaValidator | null = null;

  getValidator<Output>(schema: JsonSchemaType): JsonSchemaValidator<Output> {
    this.#validator ??= new AjvJsonSchemaValidator();
    return this.#validator.getValidator(schema);
  }
}
