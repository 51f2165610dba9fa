import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCallArguments } from '../../src/cli/callArguments.js';

const nobody = () => Promise.reject(new Error('nobody may ask'));
const input = (text: string) => ({ readInput: async () => text, schema: nobody });
/** As a tool would have it that says nothing of its arguments. */
const read = (...words: string[]) =>
  readCallArguments(words, { readInput: nobody, schema: async () => undefined });

describe('arguments of a call', () => {
  test.each<[string, unknown]>([
    ['a=text', 'text'],
    ['a=', ''],
    ['a=b=c', 'b=c'],
    ['a=7', 7],
    ['a=-1.5e3', -1500],
    ['a=true', true],
    ['a=null', null],
    ['a={"b":[1]}', { b: [1] }],
    ['a=[1,2]', [1, 2]],
    ['a="7"', '"7"'],
    ['a=007', '007'],
    ['a=1.2.3', '1.2.3'],
    ['a=truely', 'truely'],
    ['a={not json', '{not json'],
    ['a=12345678901234567890', '12345678901234567890'],
    ['a=1e999', '1e999'],
    ['a:="7"', '7'],
    ['a:=7', 7],
  ])('%s', async (word, value) => {
    expect(await read(word)).toEqual({ a: value });
  });

  test('of JSON are an object', async () => {
    expect(await read('{"a": 1, "b": "2"}')).toEqual({ a: 1, b: '2' });
  });

  test('come from the standard input', async () => {
    expect(await readCallArguments(['-', 'b=c'], input('{"a":1,"b":1}'))).toEqual({ a: 1, b: 'c' });
  });

  test('that come later win', async () => {
    expect(await read('a=1', '{"a":2}', 'a=3')).toEqual({ a: 3 });
  });

  test('may be called like what every object has', async () => {
    expect(Object.entries(await read('__proto__=1', 'constructor=2'))).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test.each([
    ['text', 'found "text", expected key=value'],
    ['=1', 'found "=1", expected key=value'],
    [':=1', 'found ":=1", expected key=value'],
    ['a:=secret', 'the value of "a": no JSON: line 1, column 1: found something else, expected a value'],
    ['{"a":secret}', 'the arguments: no JSON: line 1, column 6: found something else, expected a value'],
  ])('are refused: %s', async (word, message) => {
    await expect(read(word)).rejects.toThrow(message);
  });

  test.each(['[1]', '7', 'null'])('from the standard input are no %s', async (text) => {
    await expect(readCallArguments(['-'], input(text))).rejects.toThrow('expected a JSON object');
  });

  test('ask nothing of the tool where they can be nothing but text', async () => {
    const sources = { readInput: nobody, schema: nobody };
    expect(await readCallArguments(['a=text', 'b:=7', '{"c": 7}'], sources)).toEqual({
      a: 'text',
      b: 7,
      c: 7,
    });
    await expect(readCallArguments(['a=7'], sources)).rejects.toThrow('nobody may ask');
  });

  test.each<[string, unknown, unknown]>([
    ['7', { type: 'string' }, '7'],
    ['true', { type: 'string' }, 'true'],
    ['null', { type: 'string' }, 'null'],
    ['{"a":1}', { type: 'string' }, '{"a":1}'],
    ['[1]', { type: ['string', 'null'] }, '[1]'],
    ['null', { type: ['string', 'null'] }, null],
    ['7', { type: 'number' }, 7],
    ['7', { type: 'integer' }, 7],
    ['7', { type: ['string', 'integer'] }, 7],
    ['7.5', { type: ['string', 'integer'] }, '7.5'],
    ['7', { anyOf: [{ type: 'string' }, { type: 'boolean' }] }, '7'],
    ['true', { oneOf: [{ type: 'string' }, { type: 'boolean' }] }, true],
    ['7', { anyOf: [{ type: 'string' }, {}] }, 7],
    ['7', { enum: ['7', '8'] }, '7'],
    ['7', { const: '7' }, '7'],
    ['7', { type: 'boolean' }, 7],
    ['7', { $ref: '#/$defs/whatever' }, 7],
    ['7', true, 7],
    ['7', null, 7],
  ])('%s where the tool says %j', async (text, property, value) => {
    const schema = async () => ({ type: 'object', properties: { a: property } });
    expect(await readCallArguments([`a=${text}`], { readInput: nobody, schema })).toEqual({ a: value });
  });

  test('are what they look like to a tool that does not know them', async () => {
    const schema = async () => ({ properties: { a: { type: 'string' } } });
    const words = ['b=7', 'constructor=8'];
    expect(await readCallArguments(words, { readInput: nobody, schema })).toEqual({ b: 7, constructor: 8 });
  });

  test('keep every text and every value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (text, value) => {
        expect(await read(`a:=${JSON.stringify(text)}`, `b:=${JSON.stringify(value)}`)).toEqual({
          a: text,
          b: JSON.parse(JSON.stringify(value)),
        });
      }),
    );
  });
});
