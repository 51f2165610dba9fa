import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCallArguments } from '../../src/cli/callArguments.js';

const nothing = () => Promise.reject(new Error('nobody may read the input'));
const read = (...words: string[]) => readCallArguments(words, nothing);

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
    expect(await readCallArguments(['-', 'b=2'], async () => '{"a":1,"b":1}')).toEqual({ a: 1, b: 2 });
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
    ['a:=secret', 'the value of "a": found what is no JSON'],
    ['{"a":secret}', 'the arguments: found what is no JSON'],
  ])('are refused: %s', async (word, message) => {
    await expect(read(word)).rejects.toThrow(message);
  });

  test.each(['[1]', '7', 'null'])('from the standard input are no %s', async (text) => {
    await expect(readCallArguments(['-'], async () => text)).rejects.toThrow('expected a JSON object');
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
