import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { openSource } from '../../src/formats/open-source.ts';
import { tinyCheckpoint } from '../../src/formats/tiny-checkpoint.ts';

describe('the built-in random model', () => {
  it('is a checkpoint like any other: it opens with every tensor that its config expects', async () => {
    const checkpoint = await openCheckpoint(openSource(tinyCheckpoint()));
    expect(checkpoint.architecture.modelType).toBe('llama');
    expect(checkpoint.parameters).toBe(
      checkpoint.architecture.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    );
  });

  it('has the same weights for the same seed and others for another', async () => {
    const digest = (seed: number) => openCheckpoint(openSource(tinyCheckpoint(seed))).then((c) => c.sha256());
    expect(await digest(1)).toBe(await digest(1));
    expect(await digest(1)).not.toBe(await digest(2));
  });
});
