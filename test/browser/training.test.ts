import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOFTWARE_WEBGPU, WASM_ONE_THREAD, WASM_THREADS } from './devices.ts';
import type { OpenedPage } from './pages.ts';
import { openHarness } from './pages.ts';

const DEVICES = [
  { ...WASM_THREADS, texts: 2 },
  { ...WASM_ONE_THREAD, texts: 2 },
  // One short text: the software adapter needs a second for what wasm does in a few milliseconds.
  { ...SOFTWARE_WEBGPU, texts: 1 },
];
const STEPS = 200;

describe.each(DEVICES)('the training worker on $name', (device) => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openHarness(device.open);
    await opened.page.evaluate(async (backend) => {
      const { inference, training, tinyCheckpoint } = window.lab;
      const request = { source: tinyCheckpoint(), backend };
      await Promise.all([inference.load(request), training.load(request)]);
    }, device.backend);
  });
  afterAll(() => opened.close());

  it('takes 200 steps with a constant number of tensors and flat GPU bytes, and the loss falls', async () => {
    const seen = await opened.page.evaluate(
      async ([texts, maxSteps]) => {
        const { training, lesson, LORA, finish } = window.lab;
        await training.initAdapter({ config: LORA, seed: 1 });
        // The first training makes what the model then keeps, e.g. the table of rotations.
        await finish(training.train(lesson(texts, { maxSteps: 1 })));
        const before = await training.memory();
        const tensors = new Set<number>();
        const bytes = new Set<number>();
        const losses: number[] = [];
        let measured = 0;
        for await (const { step, loss } of training.train(lesson(texts, { maxSteps }))) {
          losses.push(loss);
          // The first steps fill the pools.
          if (step <= 10) continue;
          const memory = await training.memory();
          // Where the page lags, the worker has ended while its last steps are read here.
          if (memory.numTensors === before.numTensors) continue;
          measured += 1;
          tensors.add(memory.numTensors);
          bytes.add(memory.gpuBytes);
        }
        const after = await training.memory();
        return {
          measured,
          tensors: [...tensors],
          gpuBytes: [...bytes],
          leaked: after.numTensors - before.numTensors,
          losses,
        };
      },
      [device.texts, STEPS] as const,
    );
    expect(seen.losses).toHaveLength(STEPS);
    expect(seen.measured).toBeGreaterThan(20);
    expect(seen.tensors).toHaveLength(1);
    expect(seen.gpuBytes).toHaveLength(1);
    expect(seen.leaked).toBe(0);
    expect(seen.losses.at(-1) ?? Infinity).toBeLessThan(0.5 * (seen.losses[0] ?? 0));
  });

  it('stops within one step of the cancel, keeps the adapter and the state, and resumes from it', async () => {
    const seen = await opened.page.evaluate(async (texts) => {
      const { training, lesson, LORA, outcome, largestDifference, factors } = window.lab;
      const request = lesson(texts, { maxSteps: 8 });
      await training.initAdapter({ config: LORA, seed: 2 });
      const uninterrupted: number[] = [];
      for await (const { loss } of training.train(request)) uninterrupted.push(loss);
      const whole = await training.exportAdapter();

      await training.initAdapter({ config: LORA, seed: 2 });
      const abort = new AbortController();
      const losses: number[] = [];
      const code = await outcome(
        (async () => {
          for await (const { step, loss } of training.train(request, { signal: abort.signal })) {
            losses.push(loss);
            if (step === 3) abort.abort();
          }
        })(),
      );
      const state = await training.exportCheckpoint();
      const stoppedAt = state.step;
      const rest = losses.slice(0, stoppedAt);
      for await (const { loss } of training.train({ ...request, resumeFrom: state })) rest.push(loss);
      const resumed = await training.exportAdapter();
      return {
        code,
        stoppedAt,
        losses: largestDifference([uninterrupted], [rest]),
        adapters: largestDifference(factors(whole), factors(resumed)),
      };
    }, device.texts);
    expect(seen.code).toBe('cancelled');
    // The step under way when the cancel is sent, and no more.
    expect(seen.stoppedAt).toBeGreaterThanOrEqual(3);
    expect(seen.stoppedAt).toBeLessThanOrEqual(4);
    expect(seen.losses).toBe(0);
    expect(seen.adapters).toBe(0);
  });

  it('changes what the other worker answers with the adapter that it trained', async () => {
    const seen = await opened.page.evaluate(async (texts) => {
      const { inference, training, lesson, LORA, completions, finish, largestDifference } = window.lab;
      const request = lesson(texts, { maxSteps: 30 * texts });
      const [example] = request.examples;
      if (example === undefined) throw new Error('the lesson has no example');
      const rows = [{ key: 'p', ids: example.promptIds }];
      const maxNewTokens = example.completionIds.length;
      await inference.setAdapter({ adapter: null });
      const [before] = await completions(rows, 1, { maxNewTokens });
      await training.initAdapter({ config: LORA, seed: 3 });
      const adapter = await finish(training.train(request));
      await inference.setAdapter({ adapter });
      const [after] = await completions(rows, 1, { maxNewTokens });
      const probe = [[...example.promptIds, ...example.completionIds]];
      const difference = largestDifference(await inference.logits(probe), await training.logits(probe));
      return { before: before?.ids, after: after?.ids, taught: example.completionIds, difference };
    }, device.texts);
    expect(seen.before).not.toEqual(seen.taught);
    expect(seen.after).toEqual(seen.taught);
    expect(seen.difference).toBeLessThan(1e-3);
  });

  it('refuses an adapter of another base by its digest', async () => {
    const codes = await opened.page.evaluate(async () => {
      const { inference, training, outcome, LORA } = window.lab;
      await training.initAdapter({ config: LORA, seed: 1 });
      const own = await training.exportAdapter();
      const foreign = { ...own, baseSha256: '0'.repeat(64) };
      return [
        await outcome(inference.setAdapter({ adapter: foreign })),
        await outcome(training.setAdapter({ adapter: foreign })),
        await outcome(inference.setAdapter({ adapter: own })),
      ];
    });
    expect(codes).toEqual(['adapter-mismatch', 'adapter-mismatch', 'answered']);
  });
});
