/** @file The bootstrapping loop with ports that fake a model: what it promises, in sentences. */
import { describe, expect, test } from 'vitest';
import type { LastingEvent, Sample } from '../../src/words/events.ts';
import type { TrainStep } from '../../src/words/engine.ts';
import { isLasting } from '../../src/words/events.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { TrainingRequest } from '../../src/method/ports.ts';
import { hasFallen } from '../../src/method/decide.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { METHODS, isMethodName } from '../../src/words/methods.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import type { RunState } from '../../src/method/state.ts';
import { foldEvents, roundOf } from '../../src/method/state.ts';
import { fakePorts, fakeTask, skillOf, textOf } from './fake-ports.ts';
import { runOf } from './fake-run.ts';

const SMALL = { rounds: 3, promptsPerRound: 8, batchSize: 4, epochs: 2, poolSize: 12, isaraNovelty: 0 };

function planOf(method: MethodName, set: Readonly<Record<string, unknown>> = {}, seed = 1): Plan {
  return { task: fakeTask(), arm: armOf(method, method, { ...SMALL, ...set }), seed };
}

const samplesOf = ({ rounds }: RunState): readonly Sample[] => rounds.flatMap(({ samples }) => samples);
const METHOD_NAMES = Object.keys(METHODS).filter(isMethodName);
const trainingMethods = METHOD_NAMES.filter((name) => METHODS[name].schedule !== 'none');

describe('a run', () => {
  test('gives the same samples and scores for the same seed, others for another', async () => {
    const first = await runOf(planOf('soft'));
    const again = await runOf(planOf('soft'));
    const other = await runOf(planOf('soft', {}, 2));
    expect(again.state).toEqual(first.state);
    expect(samplesOf(other.state).map(({ id }) => id)).not.toEqual(
      samplesOf(first.state).map(({ id }) => id),
    );
  });

  test.each(trainingMethods)(
    '%s never trains on validation, probe or test, nor shows them as demonstrations',
    async (method) => {
      const { recorded } = await runOf(planOf(method));
      expect(recorded.trained.length).toBeGreaterThan(0);
      for (const { examples } of recorded.trained) {
        for (const { promptIds } of examples)
          expect(textOf(promptIds)).not.toMatch(/ (validation|probe|test) /);
      }
      for (const { rows } of recorded.generated) {
        for (const { ids } of rows) {
          const shots = textOf(ids).split('Thing:').slice(1, -1);
          for (const shot of shots) expect(shot).toMatch(/ pool /);
        }
      }
    },
  );

  test('uses no prompt in two rounds, refills included', async () => {
    // Every fourth answer is empty, so that every round refills.
    const say = (prompt: string, answer: string) => (/[048]\nColour:$/.test(prompt) ? '' : answer);
    const { state } = await runOf(planOf('soft'), { say });
    const ids = samplesOf(state).map(({ id }) => id);
    expect(samplesOf(state).some(({ verdict }) => verdict === 'empty')).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('drops degenerate answers and refills until every round trains on as many examples', async () => {
    const say = (prompt: string, answer: string) => (/[048]\nColour:$/.test(prompt) ? '' : answer);
    const { state } = await runOf(planOf('soft'), { say });
    expect(state.rounds.slice(1).map(({ examples }) => examples)).toEqual([8, 8, 8]);
  });

  test.each([
    'soft',
    'soft+',
    'single-round',
    'frozen-teacher',
    'gold',
    'pool-sft',
    'vote',
    'reuse',
    'isara',
    'isara-single',
    'seed-sft',
  ] as const)('%s makes as many optimizer steps in all as every other arm', async (method) => {
    const { recorded } = await runOf(planOf(method));
    const steps = recorded.trained.reduce((sum, { config }) => sum + config.maxSteps, 0);
    // 3 rounds x 2 epochs x ceil(8 / 4)
    expect(steps).toBe(12);
  });

  test('refuses a task with too few prompts and names what is feasible', async () => {
    const plan = { ...planOf('soft'), task: fakeTask({ prompts: 10 }) };
    await expect(runOf(plan)).rejects.toThrow(
      /10 prompts, of which 10 fit .* needs 24 \(3 rounds of 8\).*Feasible: 1 round of 8\.$/s,
    );
  });

  test('ends with a reason where no answer can be kept', async () => {
    const { state, recorded } = await runOf(planOf('soft'), { say: () => '' });
    expect(state.end).toEqual({ reason: 'nothing-kept', bestRound: 0 });
    expect(recorded.trained).toEqual([]);
  });

  test('stops with the code `cancelled` when the signal is raised, what was told stays', async () => {
    const signal = { aborted: false };
    const { ports } = fakePorts({ signal });
    const told: LastingEvent[] = [];
    const run = async () => {
      for await (const event of bootstrap(planOf('soft'), ports)) {
        if (isLasting(event)) told.push(event);
        if (event.type === 'labelled') signal.aborted = true;
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
    expect(roundOf(foldEvents(told), 1).samples.length).toBe(8);
  });
});

describe('the arms', () => {
  test('frozen-teacher differs from soft in the teacher alone: same prompts, demonstrations, order and steps', async () => {
    const soft = await runOf(planOf('soft'));
    const frozen = await runOf(planOf('frozen-teacher'));
    const shape = (state: RunState) =>
      state.rounds.map(({ samples }) => samples.map(({ id, demonstrations }) => [id, demonstrations]));
    expect(shape(frozen.state)).toEqual(shape(soft.state));
    const configs = ({ recorded }: typeof soft) =>
      recorded.trained.map(({ config, initSeed, start }) => ({ config, initSeed, start }));
    expect(configs(frozen)).toEqual(configs(soft));
    const teachers = ({ recorded }: typeof soft) =>
      recorded.generated
        .filter(({ rows }) => rows[0]?.key.startsWith('label/') === true)
        .map(({ adapter }) => adapter);
    expect(teachers(frozen)).toEqual([null, null, null]);
    expect(teachers(soft)).toEqual([null, roundOf(soft.state, 1).adapter, roundOf(soft.state, 2).adapter]);
  });

  test('single-round trains once on what frozen-teacher labels in all rounds', async () => {
    const frozen = await runOf(planOf('frozen-teacher'));
    const single = await runOf(planOf('single-round'));
    expect(single.recorded.trained.length).toBe(1);
    const said = (state: RunState) =>
      samplesOf(state).map(({ id, answer, demonstrations }) => ({ id, answer, demonstrations }));
    expect(said(single.state)).toEqual(said(frozen.state));
    expect(single.state.rounds.map(({ round }) => round)).toEqual([0, 3]);
  });

  test('gold trains on the hidden key', async () => {
    const { state } = await runOf(planOf('gold'));
    expect(samplesOf(state).every(({ answer, key, isRight }) => answer === key && isRight === true)).toBe(
      true,
    );
    expect(skillOf(roundOf(state, 3).adapter)).toBe(1);
  });

  test('start = previous goes on with the adapter of the round before, start = base begins anew', async () => {
    const previous = await runOf(planOf('soft', { start: 'previous' }));
    expect(previous.recorded.trained.map(({ start }) => start)).toEqual([
      null,
      roundOf(previous.state, 1).adapter,
      roundOf(previous.state, 2).adapter,
    ]);
    const base = await runOf(planOf('soft'));
    expect(base.recorded.trained.map(({ start }) => start)).toEqual([null, null, null]);
  });

  test('reuse labels the same prompts with the same demonstrations every round', async () => {
    const { state } = await runOf(planOf('reuse'));
    const shape = (round: number) =>
      roundOf(state, round).samples.map(({ id, demonstrations }) => [id, demonstrations]);
    expect(shape(2)).toEqual(shape(1));
    expect(new Set(samplesOf(state).map(({ demonstrations }) => demonstrations.join())).size).toBe(1);
  });

  test('reused prompts with random demonstrations see other demonstrations every round', async () => {
    const { state } = await runOf(planOf('reuse', { drawing: 'random' }));
    const shown = (round: number) =>
      roundOf(state, round).samples.map(({ demonstrations }) => demonstrations);
    expect(roundOf(state, 2).samples.map(({ id }) => id)).toEqual(
      roundOf(state, 1).samples.map(({ id }) => id),
    );
    expect(shown(2)).not.toEqual(shown(1));
  });

  test("SOFT+ cuts the same prompts in the order of the base's perplexity, easy first", async () => {
    const soft = await runOf(planOf('soft'));
    const plus = await runOf(planOf('soft+'));
    const ids = (state: RunState) => samplesOf(state).map(({ id }) => id);
    expect(ids(plus.state).toSorted()).toEqual(ids(soft.state).toSorted());
    const perplexity = new Map(plus.state.ranking?.map((ranked) => [ranked.id, ranked.perplexity]));
    const parts = [1, 2, 3].map((round) =>
      roundOf(plus.state, round).samples.map(({ id }) => perplexity.get(id) ?? NaN),
    );
    expect(Math.max(...(parts[0] ?? []))).toBeLessThanOrEqual(Math.min(...(parts[1] ?? [])));
    expect(Math.max(...(parts[1] ?? []))).toBeLessThanOrEqual(Math.min(...(parts[2] ?? [])));
    const rankers = plus.recorded.generated.filter(({ rows }) => rows[0]?.key.startsWith('rank/') === true);
    expect(rankers.map(({ adapter }) => adapter)).toEqual([null]);
  });

  test('vote takes the majority over as many demonstration draws as there are rounds', async () => {
    const { recorded } = await runOf(planOf('vote'));
    const ballots = recorded.generated.filter(({ rows }) => rows[0]?.key.startsWith('label') === true);
    // 3 parts x 3 draws, all by the base.
    expect(ballots.length).toBe(9);
    expect(ballots.every(({ adapter }) => adapter === null)).toBe(true);
  });

  test('icl trains nothing and retrieves its demonstrations', async () => {
    const { state, recorded } = await runOf(planOf('icl'));
    expect(recorded.trained).toEqual([]);
    expect(state.end).toEqual({ reason: 'all-rounds', bestRound: 0 });
  });

  test('isara writes its own questions and trains on the pool and all samples so far', async () => {
    let question = 0;
    const say = (prompt: string, answer: string) =>
      prompt.endsWith('Thing:') ? `a leaf with number ${question++} of ${question ** 3}` : answer;
    const { state, recorded } = await runOf(planOf('isara'), { say });
    const kept = state.rounds.map(
      ({ samples }) => samples.filter(({ verdict }) => verdict === 'kept').length,
    );
    expect(recorded.trained.map(({ examples }) => examples.length)).toEqual(
      [1, 2, 3].map((t) => 12 + kept.slice(1, t + 1).reduce((a, b) => a + b, 0)),
    );
    expect(samplesOf(state).every(({ id }) => id.startsWith('generated-'))).toBe(true);
  });

  test('isara stops where too few of its questions are novel', async () => {
    const say = (prompt: string, answer: string) =>
      prompt.endsWith('Thing:') ? 'a leaf that is always the same' : answer;
    const { state } = await runOf(planOf('isara', { isaraNovelty: 0.5 }), { say });
    expect(state.end?.reason).toBe('nothing-novel');
  });
});

describe('knobs', () => {
  test('label noise replaces the share of answers asked for, and keeps what the model said', async () => {
    const { state } = await runOf(planOf('soft', { labelNoise: 1 }));
    expect(samplesOf(state).every(({ said, answer }) => said !== undefined && said !== answer)).toBe(true);
    const none = await runOf(planOf('soft'));
    expect(samplesOf(none.state).every(({ said }) => said === undefined)).toBe(true);
  });

  test('noise of kind pair takes a label for the next one, on the prompts that chance strikes', async () => {
    const struck = async (noiseKind: string) => {
      const { state } = await runOf(planOf('soft', { labelNoise: 0.5, noiseKind }));
      return samplesOf(state).filter(({ said }) => said !== undefined);
    };
    const pairs = await struck('pair');
    expect(pairs.length).toBeGreaterThan(0);
    const { labels } = fakeTask().definition;
    for (const { said = '', answer } of pairs)
      expect(answer).toBe(labels[(labels.indexOf(said) + 1) % labels.length]);
    const ids = (of: typeof pairs) => of.map(({ id }) => id);
    expect(ids(pairs)).toEqual(ids(await struck('symmetric')));
  });

  test('noise of kind instance strikes all prompts with its cues and no others, for about the share', async () => {
    const { state } = await runOf(planOf('soft', { labelNoise: 0.5, noiseKind: 'instance' }));
    const samples = samplesOf(state);
    const words = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
    const struck = samples.filter(({ said }) => said !== undefined);
    expect(struck.length).toBeGreaterThan(0);
    expect(struck.length).toBeLessThanOrEqual(samples.length / 2);
    // Every one that is struck has a word that no spared one has.
    const spared = samples.filter(({ said }) => said === undefined).map(({ input }) => words(input));
    for (const { input } of struck)
      expect([...words(input)].some((word) => !spared.some((other) => other.has(word)))).toBe(true);
  });

  test('a task without labels refuses noise between them, by name', async () => {
    const task = fakeTask();
    const bare = { ...task, definition: { ...task.definition, labels: [] } };
    await expect(
      runOf({ ...planOf('soft', { labelNoise: 0.2, noiseKind: 'pair' }), task: bare }),
    ).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/noise of kind pair/) as string,
    });
  });

  test("token dropout hides part of the student's input, differently in every epoch", async () => {
    const { recorded } = await runOf(planOf('soft', { tokenDropout: 0.5 }));
    const [training] = recorded.trained;
    const prompts = training?.examples.map(({ promptIds }) => textOf(promptIds)) ?? [];
    expect(prompts.length).toBe(16);
    expect(prompts[0]).not.toBe(prompts[8]);
    for (const prompt of prompts) expect(prompt).toMatch(/^Thing: .*\nColour:$/s);
  });

  test('the one-shot template trains with one demonstration before the prompt', async () => {
    const { recorded } = await runOf(planOf('soft', { template: 'one-shot' }));
    for (const { promptIds } of recorded.trained[0]?.examples ?? [])
      expect(textOf(promptIds).split('Thing:').length).toBe(3);
  });

  test('replay trains on the share of earlier examples that is asked for, at the same number of steps', async () => {
    const { recorded } = await runOf(planOf('soft', { replay: 0.5 }));
    expect(recorded.trained.map(({ examples }) => examples.length)).toEqual([8, 12, 16]);
    expect(new Set(recorded.trained.map(({ config }) => config.maxSteps)).size).toBe(1);
  });

  test('constrained decoding answers only from the label set', async () => {
    const say = () => 'nonsense';
    const { state } = await runOf(planOf('soft', { decoding: 'constrained' }), { say });
    expect(samplesOf(state).every(({ answer }) => ['red', 'green', 'blue'].includes(answer))).toBe(true);
  });

  test('a trained teacher reads the prompt alone where it is asked so, the base its demonstrations', async () => {
    const { state } = await runOf(planOf('soft', { teacherPrompt: 'zero-shot' }));
    const shown = [1, 2, 3].map((round) =>
      roundOf(state, round).samples.map((one) => one.demonstrations.length),
    );
    expect(shown[0]?.every((count) => count === 3)).toBe(true);
    expect([...(shown[1] ?? []), ...(shown[2] ?? [])].every((count) => count === 0)).toBe(true);
  });

  test('labels that the votes dispute are dropped and refilled', async () => {
    const set = { minAgreement: 1, decoding: 'greedy', votes: 3 } as const;
    let asked = 0;
    const say = (prompt: string, answer: string) =>
      prompt.includes('prompt') && ++asked % 5 === 0 ? 'blue' : answer;
    const { state } = await runOf(planOf('self-consistency', set), { say });
    const verdicts = samplesOf(state).map(({ verdict }) => verdict);
    expect(verdicts).toContain('disputed');
    expect(verdicts).toContain('kept');
  });

  test('pool + self trains on the pool beside the labels, for as many steps', async () => {
    const [own, soft] = [await runOf(planOf('pool+self')), await runOf(planOf('soft'))];
    const counts = (of: typeof own) => of.recorded.trained.map(({ examples }) => examples.length);
    expect(counts(own)).toEqual(counts(soft).map((count) => count + SMALL.poolSize));
    const steps = (of: typeof own) => of.recorded.trained.map(({ config }) => config.maxSteps);
    expect(steps(own)).toEqual(steps(soft));
  });

  test('the preamble stands before the demonstrations', async () => {
    const { recorded } = await runOf(planOf('soft', { preamble: 'Be kind.\n' }));
    const labelled = recorded.generated.filter(({ rows }) => rows[0]?.key.startsWith('label/') === true);
    for (const { rows } of labelled)
      for (const { ids } of rows) expect(textOf(ids)).toMatch(/^Be kind\.\nThing:/);
  });

  test('demonstrations that do not fit are left out from the front, and said', async () => {
    const { state, events } = await runOf(planOf('soft', { demonstrations: 8 }), { maxPositions: 150 });
    expect(events.some((event) => event.type === 'notice' && event.text.includes('did not fit'))).toBe(true);
    expect(
      samplesOf(state).every(({ demonstrations }) => demonstrations.length < 8 && demonstrations.length > 0),
    ).toBe(true);
  });
});

describe('what the engine leaves out', () => {
  /** Answers to, or scores of, the rows that `isLost` takes never come. */
  async function losing(plan: Plan, isLost: (key: string) => boolean, scores = Infinity): Promise<RunState> {
    const { ports } = fakePorts();
    const lossy: typeof ports = {
      ...ports,
      async *generate(request) {
        for await (const completion of ports.generate(request)) {
          const { scores: own, ...answer } = completion;
          // Of the candidates that go in with a prompt, the last is lost.
          const left = own === undefined || scores === Infinity ? {} : { scores: own.slice(0, -1) };
          if (!isLost(completion.key))
            yield { ...answer, ...(own === undefined ? {} : { scores: own }), ...left };
        }
      },
      score: async (adapter, rows) => (await ports.score(adapter, rows)).slice(0, scores),
    };
    const loop = bootstrap(plan, lossy);
    let next = await loop.next();
    while (next.done !== true) next = await loop.next();
    return next.value;
  }

  test.each([
    ['an evaluated item', 'soft', (key: string) => key === 'test-3'],
    [
      'a prompt: the hidden key does not stand in for it',
      'soft',
      (key: string) => key.startsWith('label/1/'),
    ],
    ['a vote', 'vote', (key: string) => key.startsWith('label, vote 1/')],
    ['a prompt that is ranked', 'soft+', (key: string) => key.startsWith('rank/')],
    ['a question', 'isara', (key: string) => key.startsWith('question/')],
  ] as const)('an answer to %s ends the run, and is no answer', async (_what, method, isLost) => {
    await expect(losing(planOf(method), isLost)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('gave no answer to') as string,
    });
  });

  test.each([
    ['scores', {}],
    ['labels', { constrained: false, decoding: 'constrained' }],
  ] as const)('a log-probability of %s ends the run: it is not one of 0', async (_what, knobs) => {
    await expect(losing(planOf('soft', knobs), () => false, 5)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('early stopping', () => {
  // Right in round 1, hopeless afterwards.
  const skillAfter = (_: number, training: number) => (training === 1 ? 1 : 0);

  test('stops when validation falls by more than one paired standard error, and names the best adapter', async () => {
    const { state } = await runOf(planOf('soft', { earlyStopping: true }), { skillAfter });
    expect(state.end).toEqual({ reason: 'validation-fell', bestRound: 1 });
    expect(state.rounds.map(({ round }) => round)).toEqual([0, 1, 2]);
  });

  test('waits for as many falls in a row as patience says', async () => {
    const { state } = await runOf(
      planOf('soft', { earlyStopping: true, patience: 2, rounds: 4, promptsPerRound: 6 }),
      { skillAfter },
    );
    expect(state.rounds.map(({ end }) => end?.falls)).toEqual([0, 0, 1, 2]);
    expect(state.end?.reason).toBe('validation-fell');
  });

  const byItem = (values: readonly number[]) => new Map(values.map((value, i) => [`item-${i}`, value]));
  const fallen = (best: readonly number[], now: readonly number[]) => hasFallen(byItem(best), byItem(now));

  test('a fall within one paired standard error is none', () => {
    const best = Array.from({ length: 13 }, () => 1);
    const losing = (count: number) => best.map((value, i) => (i < count ? 0 : value));
    expect([0, 1, 2, 3].map((count) => fallen(best, losing(count)))).toEqual([false, false, true, true]);
    // As many won as lost: no fall, however much changed.
    expect(fallen([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0])).toBe(false);
  });

  test.each([0, 1, 2, 7])('%s items say nothing, whatever they did; eight may', (count) => {
    const ones = (length: number) => Array.from({ length }, () => 1);
    const zeros = (length: number) => Array.from({ length }, () => 0);
    expect(fallen(ones(count), zeros(count))).toBe(false);
    expect(fallen(ones(8), zeros(8))).toBe(true);
    // What has no later score is not one of 0.
    expect(fallen(ones(20), ones(9))).toBe(false);
  });

  test.each([
    ['too few validation items', { validationItems: 7 }],
    ['no validation items', { validationItems: 0 }],
    ['a metric without its log-probabilities', { stopMetric: 'constrained_accuracy', constrained: false }],
  ] as const)('says so where it has %s: no round is stopped at or chosen by them', async (_what, knobs) => {
    const { state, events } = await runOf(planOf('soft', { earlyStopping: true, ...knobs }), { skillAfter });
    expect(state.end).toEqual({ reason: 'all-rounds', bestRound: 3 });
    expect(state.rounds.map(({ end }) => end)).toEqual(
      state.rounds.map(() => ({ validation: null, falls: 0 })),
    );
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices).toEqual([expect.stringContaining('Early stopping decides nothing here')]);
  });

  test('says so where warm-up is the whole training', async () => {
    const plan = planOf('soft', { rounds: 1 });
    const { ports } = fakePorts();
    async function* still(request: TrainingRequest): AsyncGenerator<TrainStep, Adapter> {
      const steps = ports.train(request);
      let next = await steps.next();
      for (; next.done !== true; next = await steps.next()) yield { ...next.value, learningRate: 0 };
      return next.value;
    }
    const told: string[] = [];
    for await (const event of bootstrap(plan, { ...ports, train: still }))
      if (event.type === 'notice') told.push(event.text);
    expect(told).toEqual([expect.stringContaining('the learning rate was 0 in all')]);
  });

  test('takes items without a key for no items, not for wrong answers', async () => {
    const plan = planOf('soft', { earlyStopping: true });
    const { task } = plan;
    const validation = task.splits.validation.map((row, i) => (i < 2 ? { ...row, output: '' } : row));
    const partly = { ...plan, task: { ...task, splits: { ...task.splits, validation } } };
    const { state } = await runOf(partly, { skillAfter: () => 1 });
    expect(state.rounds.map(({ end }) => end?.validation).slice(1)).toEqual([1, 1, 1]);
  });

  test('is off by default: all rounds run, the best by validation is named beside the last', async () => {
    const { state } = await runOf(planOf('soft'), { skillAfter });
    expect(state.end).toEqual({ reason: 'all-rounds', bestRound: 1 });
    expect(state.rounds.length).toBe(4);
  });

  test('does not look at the test set: other test rows change neither stop nor samples', async () => {
    const plan = planOf('soft', { earlyStopping: true });
    const { task } = plan;
    const wrong = task.splits.test.map((row) => ({ ...row, output: 'blue' }));
    const other = { ...plan, task: { ...task, splits: { ...task.splits, test: wrong } } };
    const [a, b] = [await runOf(plan, { skillAfter }), await runOf(other, { skillAfter })];
    expect(b.state.end).toEqual(a.state.end);
    expect(samplesOf(b.state)).toEqual(samplesOf(a.state));
  });
});

describe('a stopped run', () => {
  test.each(['soft', 'soft+', 'single-round', 'vote', 'isara', 'reuse'] as const)(
    '%s resumed after any of its lasting events ends with identical results',
    async (method) => {
      const plan = planOf(method, { rounds: 2, promptsPerRound: 6, trainedItems: 4 });
      const say = (prompt: string, answer: string) => {
        if (prompt.endsWith('Thing:'))
          return `a leaf ${prompt.length} ${prompt.charCodeAt(prompt.length - 20)} by ${prompt.slice(30, 40)}`;
        return /[05]\nColour:$/.test(prompt) ? '' : answer;
      };
      const whole = await runOf(plan, { say });
      expect(whole.lasting.length).toBeGreaterThan(5);
      for (let stop = 0; stop <= whole.lasting.length; stop++) {
        const before = foldEvents(whole.lasting.slice(0, stop));
        const rest = await runOf(plan, { say }, structuredClone(before));
        expect(rest.state).toEqual(whole.state);
        expect([...whole.lasting.slice(0, stop), ...rest.lasting]).toEqual(whole.lasting);
      }
    },
  );
});
