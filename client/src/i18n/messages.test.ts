import { expect, test } from 'vitest';
import de from '../../messages/de.json';
import en from '../../messages/en.json';

/** Every text by its path, with the names of the values that it takes. */
function texts(messages: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(messages).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'string'
        ? [[`${path}${key}`, placeholders(value)] as const]
        : [...texts(value as object, `${path}${key}.`)],
    ),
  );
}

function placeholders(text: string): string {
  // What follows `one` or `other` is a text of a plural and no value.
  const names = [...text.matchAll(/(?<!(?:one|other|=\d+) )\{(\w+)[,}]/g)].map((match) => match[1]);
  const tags = [...text.matchAll(/<(\w+)>/g)].map((match) => match[1]);
  return [...new Set([...names, ...tags])].sort().join(' ');
}

test('every language has every text, with the same values', () => {
  expect(Object.fromEntries(texts(de))).toEqual(Object.fromEntries(texts(en)));
});
