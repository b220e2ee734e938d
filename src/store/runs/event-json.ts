/** @file JSON that keeps numbers that are not finite: a loss or a perplexity that overflowed, the log of a chance of 0. */

const NUMBER = '$number';

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value;
}
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, NUMBER)) return value;
  const word: unknown = Reflect.get(value, NUMBER);
  return word === 'NaN' || word === 'Infinity' || word === '-Infinity' ? Number(word) : value;
}

export const toJson = (value: unknown): string => JSON.stringify(value, plain);
/** @throws SyntaxError for text that is no JSON. */
export const fromJson = (json: string): unknown => JSON.parse(json, revive);
