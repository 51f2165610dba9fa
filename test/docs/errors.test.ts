import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERROR_ROUTING } from '../../machines/index.js';
import { exitOf } from '../../src/cli/exits.js';
import * as config from '../../src/config/index.js';
import * as daemon from '../../src/daemon/index.js';
import { LifelineError } from '../../src/errors.js';
import * as entry from '../../src/index.js';
import { readSources } from '../house/importGraph.js';
import { literalsOf } from './declarations.js';
import { codesUnder, markedTables, readText, root } from './tables.js';

const tables = markedTables(readText('docs/errors.md'), 'errors');

function tableOf(name: string) {
  const rows = tables.get(name);
  if (rows === undefined) throw new Error(`docs/errors.md has no table of ${name}`);
  return rows;
}

const FILES = {
  ConnectionErrorCode: 'machines/connection/connection.types.ts',
  LifelineErrorCode: 'src/errors.ts',
  IpcErrorCode: 'src/errors.ts',
  DaemonErrorCode: 'src/errors.ts',
};

describe('docs/errors.md', () => {
  test('has the tables that are compared, and no other', () => {
    expect([...tables.keys()].sort()).toEqual(['classes', 'command', ...Object.keys(FILES)].sort());
  });

  test.each(Object.entries(FILES))('tells of every %s, and of no other', (name, file) => {
    const elsewhere = ['IpcErrorCode', 'DaemonErrorCode'].flatMap((other) =>
      name === 'LifelineErrorCode' ? literalsOf('src/errors.ts', other) : [],
    );
    const declared = literalsOf(file, name).filter((code) => !elsewhere.includes(code));
    expect(codesUnder(tableOf(name), 'code').sort()).toEqual(declared.sort());
  });

  test('tells of every code that the command has of its own', () => {
    const sources = [...readSources(fileURLToPath(root), ['src/cli'], '.ts').values()].join('\n');
    const own = [...sources.matchAll(/new CommandError\('([A-Z_]+)'/g)].map(([, code = '']) => code);
    const shared = [...tables].flatMap(([name, rows]) =>
      name === 'classes' || name === 'command' ? [] : codesUnder(rows, 'code'),
    );
    const expected = [...new Set(own)].filter((code) => !shared.includes(code));
    expect(codesUnder(tableOf('command'), 'code').sort()).toEqual(expected.sort());
  });

  test('says where each leads', () => {
    const told = tableOf('ConnectionErrorCode').map(({ code = '', then }) => [
      code.replaceAll('`', ''),
      then,
    ]);
    expect(Object.fromEntries(told)).toEqual(ERROR_ROUTING);
  });

  test('says with which code the command ends', () => {
    for (const [name, rows] of tables) {
      if (name === 'classes') continue;
      for (const { code = '', exit } of rows) {
        expect(`${code} ${exit}`).toBe(`${code} ${exitOf({ code: code.replaceAll('`', '') })}`);
      }
    }
  });

  test('tells of every class that is exported, and of no other', () => {
    const classes = Object.entries({ ...entry, ...config, ...daemon })
      .filter(([, value]) => typeof value === 'function' && isErrorClass(value))
      .map(([name]) => name);
    expect(classes.length).toBeGreaterThan(10);
    expect(codesUnder(tableOf('classes'), 'class').sort()).toEqual(classes.sort());
  });

  test('names classes that there are', () => {
    const known = codesUnder(tableOf('classes'), 'class');
    const named = tableOf('LifelineErrorCode').flatMap((row) =>
      [...(row.class ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('tells of each what happened and what to do', () => {
    for (const [name, rows] of tables) {
      if (name === 'classes') continue;
      for (const row of rows) for (const cell of Object.values(row)) expect(cell, row.code).not.toBe('');
    }
  });
});

function isErrorClass(value: object): boolean {
  return value === LifelineError || Reflect.get(value, 'prototype') instanceof LifelineError;
}
