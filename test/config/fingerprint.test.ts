// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandText, variablesFor } from '../../src/config/expand.js';
import { fingerprint } from '../../src/config/fingerprint.js';
import { referencedVariables } from '../../src/config/references.js';
import { put, testFolder } from './support.js';

const path = '/nowhere/.mcp.json';
const print = (text: string, env: { [name: string]: string | undefined } = {}) =>
  fingerprint({ path, text, env });
const SENTINEL = 'hunter2-is-a-secret';

describe('the variables that a text refers to', () => {
  test.each([
    ['${A}', ['A']],
    ['${A:-b}', ['A']],
    ['${env:A}', ['A']],
    ['${env:A:-b}', ['A']],
    ['${B} ${A} ${B}', ['A', 'B']],
    ['${A:-${B}}', ['A', 'B']],
    ['${_a1}', ['_a1']],
    ['${ProgramFiles(x86)}', ['ProgramFiles(x86)']],
    ['${constructor}${__proto__}', ['__proto__', 'constructor']],
    ['\\u0024{A}', ['A']],
    ['$\\u007b\\u0041\\u007D', ['A']],
    ['${userHome}', ['HOME', 'USERPROFILE']],
    ['${workspaceFolder}${pathSeparator}${/}', []],
    ['${env:workspaceFolder}', ['workspaceFolder']],
    ['$A', []],
    ['${}', []],
    ['${input:A}', []],
    ['${A', []],
    ['// ${A}', ['A']],
  ])('%s', (text, names) => {
    expect(referencedVariables(text)).toEqual(names);
  });

  test('are all that an expansion can look at, however JSON spells them', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '$',
        '{',
        '}',
        '${',
        'env:',
        ':-',
        'A',
        'B1',
        '_',
        'userHome',
        '\\',
        '"',
        '\n',
        'u0041',
        '/',
      ),
      fc.string({ maxLength: 2 }),
    );
    const value = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const escapes = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(value, escapes, (text, pattern) => {
        const asked = new Set<string>();
        const env = new Proxy<Record<string, string>>(
          {},
          {
            getOwnPropertyDescriptor(_target, name) {
              asked.add(String(name));
              return undefined;
            },
          },
        );
        expandText(text, variablesFor(env, '/'));
        const raw = JSON.stringify(text).replace(/\\.|[^\\"]/gs, (unit, offset: number) =>
          pattern[offset % pattern.length] === true && unit.length === 1
            ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
            : unit,
        );
        expect(JSON.parse(raw)).toBe(text);
        const found = referencedVariables(raw);
        expect([...asked].filter((name) => !found.includes(name))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a fingerprint', () => {
  test('is 64 hexadecimal digits', () => {
    expect(print('{}')).toMatch(/^[0-9a-f]{64}$/);
  });

  test('stays what it is, so that a caller finds the daemon of another', () => {
    // Pinned: if it must change, so must the recipe's number.
    expect(print('{ "a": "${A} ${B}" }', { A: 'x' })).toBe(
      '4676217effe00a14af95c8e2a27ef6109f4fc53a289667f71e62c4c1f2a4768d',
    );
  });

  test('is the same for the same, in whatever order the variables come', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.string()), fc.string(), (env, text) => {
        const all = `${text}\${A}\${B}\${C}`;
        const reversed = Object.fromEntries(Object.entries(env).reverse());
        expect(print(all, reversed)).toBe(print(all, env));
      }),
    );
  });

  test('is another for another value, and for none', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other);
        expect(print('${A}', { A: one })).not.toBe(print('${A}', { A: other }));
      }),
    );
    expect(print('${A}', { A: '' })).not.toBe(print('${A}', {}));
    expect(print('${A}', { A: undefined })).toBe(print('${A}', {}));
    expect(print('${A}${B}', { A: 'x' })).not.toBe(print('${A}${B}', { B: 'x' }));
  });

  test('does not care for what is not referred to', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[B-Z]\w*$/), fc.string()), (others) => {
        expect(print('${A}', { ...others, A: 'x' })).toBe(print('${A}', { A: 'x' }));
      }),
    );
  });

  test('is another for another text', () => {
    expect(print('{}')).not.toBe(print('{} '));
  });

  test('is another for another place, and the same for another way there', () => {
    const home = testFolder();
    put(join(home, 'a', '.mcp.json'));
    put(join(home, 'b', '.mcp.json'));
    symlinkSync('a', join(home, 'c'));
    const of = (folder: string) =>
      fingerprint({ path: join(home, folder, '.mcp.json'), text: '{}', env: {} });
    expect(of('a')).not.toBe(of('b'));
    expect(of('c')).toBe(of('a'));
  });

  test('row 63: shows no value', () => {
    expect(print('${A}', { A: SENTINEL })).not.toContain(SENTINEL);
  });
});
