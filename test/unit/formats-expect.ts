/** @file What the tests of formats share: expecting a typed error whose text names certain things. */
import { expect } from 'vitest';
import { LabError, type ErrorCode } from '../../src/core/errors.ts';

/** Runs `action`, which must fail with a LabError of this code whose message holds every one of `names`. */
export async function expectLabError(
  action: () => unknown,
  code: ErrorCode,
  ...names: readonly string[]
): Promise<LabError> {
  const caught: unknown = await Promise.resolve()
    .then(action)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(caught instanceof LabError)) {
    throw new Error(`expected a LabError ${code}, got ${String(caught)}`, { cause: caught });
  }
  expect(caught.code, caught.message).toBe(code);
  for (const name of names) expect(caught.message).toContain(name);
  return caught;
}
