/** @file transformers.js' own generate() over the lab's session gives what the lab's loop gives. */
import '../../tools/ort-global.ts';
import { expect, test } from 'vitest';
import { generateWithTransformers } from '../../src/runtimes/ort/transformers-facade.ts';
import { complete, toyAdapter, toyModel, toyPrompts } from './ort-toy.ts';

test('the same greedy tokens, with an adapter too', async () => {
  const model = await toyModel();
  const prompts = toyPrompts(5);
  for (const adapter of [null, toyAdapter(model.architecture, 1)]) {
    const own = await complete(model, prompts, { maxNewTokens: 10 }, { adapter });
    for (const { key, ids } of prompts) {
      const theirs = await generateWithTransformers(model.session, ids, { adapter, maxNewTokens: 10 });
      expect(theirs).toEqual(own.get(key)?.ids);
    }
  }
  await model.release();
});

test('a failed run is thrown by the caller and does not stop the next generation', async () => {
  const model = await toyModel();
  const other = await toyModel();
  await other.release();
  const failing = generateWithTransformers(other.session, [1, 2], { maxNewTokens: 4 });
  await expect(failing).rejects.toMatchObject({ code: 'invalid-request' });
  expect(await generateWithTransformers(model.session, [1, 2], { maxNewTokens: 4 })).toHaveLength(4);
  await model.release();
});

test('a cancel is heard', async () => {
  const model = await toyModel();
  const signal = { aborted: true };
  const cancelled = generateWithTransformers(model.session, [1, 2], { maxNewTokens: 100, signal });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  await model.release();
});
