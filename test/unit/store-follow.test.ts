/** @file Follow and the playground ask with the very tokens that a run asks with: seen where both end, at `generate`. */
import { describe, expect, it } from 'vitest';
import type { GenerationConfig } from '../../src/words/engine.ts';
import type { Mode } from '../../src/words/events.ts';
import { armOf } from '../../src/words/plan.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { promptMaker } from '../../src/method/prompt-maker.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import { followed } from '../../src/store/questions/prompt-seen.ts';
import type { Pinned } from '../../src/store/questions/ask-state.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';
import { FAKE_INFO, SMALL, fakeLab, fakeServices } from './store-fakes.ts';

interface Sent {
  readonly key: string;
  readonly ids: readonly number[];
  readonly config: GenerationConfig;
}

interface Case {
  readonly hash: string;
  readonly maxPositions?: number;
  /** What the tokenizer puts before a text. */
  readonly prefix?: readonly number[];
}

/** A lab whose model is asked under watch, with its run at the end. */
async function watched({ hash, maxPositions = FAKE_INFO.maxPositions, prefix = [] }: Case) {
  const services = fakeServices();
  const { inference, training } = services;
  const own = { ...inference };
  const sent: Sent[] = [];
  /** Texts as they were tokenized together. */
  const encoded: (readonly string[])[] = [];
  const info = { ...FAKE_INFO, maxPositions };
  const load = () => Promise.resolve(info);
  Object.assign(training, { load });
  Object.assign(inference, {
    load,
    encode: async (request: Parameters<typeof own.encode>[0]) => {
      encoded.push(request.texts);
      const rows = await own.encode(request);
      return request.addSpecialTokens ? rows.map((ids) => [...prefix, ...ids]) : rows;
    },
    generate: (...request: Parameters<typeof own.generate>) => {
      const [{ rows, config }] = request;
      for (const { key, ids } of rows) sent.push({ key, ids, config });
      return own.generate(...request);
    },
  });
  const fake = fakeLab(undefined, {}, services);
  await fake.lab.open(`${SMALL}&${hash}`);
  await fake.until(({ setup }) => setup.predictedSeconds !== null);
  sent.length = 0;
  fake.lab.actions.run();
  await fake.until(({ run }) => run?.status === 'done');
  const ofRun = [...sent];
  const { actions } = fake.lab;
  const answered = async (): Promise<{ readonly asked: readonly Sent[]; readonly pinned: Pinned }> => {
    const { pinned } = await fake.until(
      (state) => state.pinned?.answers.every((a) => a.status === 'done') === true,
    );
    if (pinned === null) throw new Error('nothing is pinned');
    return { asked: sent.slice(ofRun.length), pinned };
  };
  /** What was sent since, of everybody who answered. */
  const follow = async (
    input: string,
    rowId: string | null,
    change: Parameters<typeof actions.setPinned>[0] = {},
  ) => {
    sent.length = ofRun.length;
    actions.pin(input, rowId);
    actions.setPinned(change);
    return answered();
  };
  return { fake, ofRun, follow, sent, encoded };
}

const cases: readonly (readonly [string, Case])[] = [
  ['random demonstrations of a part of the pool', { hash: 'arms=soft&poolSize=7' }],
  ['fixed ones', { hash: 'arms=soft&drawing=fixed' }],
  ['retrieved ones', { hash: 'arms=soft&drawing=retrieved' }],
  ['another number than the task’s', { hash: 'arms=soft&demonstrations=5' }],
  ['a preamble', { hash: 'arms=soft&preamble=Be%20right.%0A' }],
  ['a model with a token before every text', { hash: 'arms=soft', prefix: [1] }],
  ['a model too short for all demonstrations', { hash: 'arms=soft', maxPositions: 80, prefix: [1] }],
  ['one too short for any, behind a preamble', { hash: 'arms=soft&preamble=So:', maxPositions: 50 }],
  ['an order by perplexity', { hash: 'arms=soft+' }],
  ['prompts that come again', { hash: 'arms=reuse&drawing=random' }],
  ['everything at once', { hash: 'arms=single-round' }],
  ['ICL, which retrieves', { hash: 'arms=icl' }],
  ['another answer limit', { hash: 'arms=soft&maxNewTokens=9' }],
];

describe.each(cases)('a sentence of a run with %s', (_name, wanted) => {
  it('is asked with the tokens that the run sent, and shown as they are', async () => {
    const { fake, ofRun, follow } = await watched(wanted);
    const cell = fake.state().run?.cells[0];
    if (cell === undefined) throw new Error('no cell');
    let compared = 0;
    const same = async (
      input: string,
      id: string,
      change: Parameters<typeof follow>[2],
      run: Sent | undefined,
    ) => {
      if (run === undefined) throw new Error(`the run did not send ${id}`);
      const { asked, pinned } = await follow(input, id, change);
      expect(new Set(asked.map(({ ids }) => ids.join()))).toEqual(new Set([run.ids.join()]));
      expect(asked.at(-1)?.config).toMatchObject({
        maxNewTokens: run.config.maxNewTokens,
        stopStrings: run.config.stopStrings,
        eosTokenIds: run.config.eosTokenIds,
      });
      expect(asked.length).toBe(pinned.answers.length);
      expect(pinned.prompt?.origin.kind).not.toBe('outside');
      const shown = pinned.prompt === null ? '' : wholeText(pinned.prompt.parts);
      expect(textOf(run.ids.slice(wanted.prefix?.length ?? 0))).toBe(shown);
      compared++;
    };
    for (const { round, samples } of cell.state.rounds) {
      const part = (id: string) =>
        ofRun.filter(({ key }) => key.startsWith('label/') && key.endsWith(`/${id}`));
      for (const { id, input } of samples.slice(0, 3)) {
        const own = part(id).find(({ key }) => key === `label/${round}/${id}`) ?? part(id)[0];
        await same(input, id, { drawnIn: round }, own);
      }
    }
    for (const { split, mode, predictions } of cell.state.rounds[0]?.evaluations ?? []) {
      for (const { id } of predictions.slice(0, 2)) {
        const { input = '' } = fake.state().run?.task.splits[split].find((row) => row.id === id) ?? {};
        const sent = [
          ...new Map(ofRun.filter(({ key }) => key === id).map((one) => [one.ids.join(), one])).values(),
        ];
        const length = ({ ids }: Sent) => ids.length;
        const [short, long] = [Math.min(...sent.map(length)), Math.max(...sent.map(length))];
        await same(
          input,
          id,
          { mode },
          sent.find(({ ids }) => ids.length === (mode === 'zero-shot' ? short : long)),
        );
      }
    }
    expect(compared).toBeGreaterThan(4);
  });
});

describe('a prompt that comes again', () => {
  it('has the draw of the round that is asked for', async () => {
    const { fake, follow } = await watched({ hash: 'arms=reuse&drawing=random' });
    const [, first, second] = fake.state().run?.cells[0]?.state.rounds ?? [];
    const { id = '', input = '' } = first?.samples[0] ?? {};
    const drawn = async (drawnIn: number) => (await follow(input, id, { drawnIn })).pinned.prompt;
    expect(await drawn(1)).toMatchObject({ drawn: first?.samples[0]?.demonstrations, rounds: [1, 2] });
    const other = second?.samples.find((sample) => sample.id === id);
    expect(await drawn(2)).toMatchObject({
      drawn: other?.demonstrations,
      origin: { kind: 'labelled', round: 2 },
    });
    expect(other?.demonstrations).not.toEqual(first?.samples[0]?.demonstrations);
  });
});

describe('a sentence that the run did not ask', () => {
  it('has demonstrations of the run’s own pool, as many as the run shows, and says so', async () => {
    const { fake, follow } = await watched({ hash: 'arms=soft&poolSize=5&demonstrations=4' });
    const cell = fake.state().run?.cells[0];
    const used = new Set(
      cell?.state.rounds.flatMap(({ samples }) => samples.flatMap((one) => one.demonstrations)),
    );
    const { pinned } = await follow('a sky of my own', null);
    expect(pinned.prompt).toMatchObject({ origin: { kind: 'outside' }, rounds: [] });
    expect(pinned.prompt?.drawn).toHaveLength(4);
    for (const id of pinned.prompt?.drawn ?? []) expect(used).toContain(id);
  });

  it('is asked anew, as it was labelled, when the run has labelled it', async () => {
    const fake = fakeLab();
    await fake.lab.open(`${SMALL}&arms=soft`);
    const { actions } = fake.lab;
    const rows = fake.state().tasks.task?.splits.prompts ?? [];
    actions.stepRound();
    await fake.until(({ run }) => run?.status === 'paused');
    // One that round 2 will label: found by a run that ended.
    const ended = await watched({ hash: 'arms=soft' });
    const [sample] = ended.fake.state().run?.cells[0]?.state.rounds[2]?.samples ?? [];
    const row = rows.find(({ id }) => id === sample?.id);
    actions.pin(row?.input ?? '', row?.id ?? null);
    const before = await fake.until(({ pinned }) => pinned?.prompt != null);
    expect(before.pinned?.prompt?.origin).toEqual({ kind: 'outside' });
    actions.resume();
    await fake.until(({ run }) => run?.status === 'done');
    const { pinned } = await fake.until(
      (state) => state.pinned?.answers.length === 3 && state.pinned.answers.every((a) => a.status === 'done'),
    );
    expect(pinned?.prompt).toMatchObject({
      origin: { kind: 'labelled', round: 2 },
      drawn: sample?.demonstrations,
    });
  });

  it('is asked with what was put before it by hand, less what has no room', async () => {
    const { follow } = await watched({ hash: 'arms=soft', maxPositions: 80 });
    const chosen = ['pool-1', 'pool-2', 'pool-3'];
    const { asked, pinned } = await follow('a leaf test 3', 'test-3', { chosen });
    const shown = pinned.prompt?.parts.demonstrations.map(({ id }) => id) ?? [];
    expect(pinned.prompt?.leftOut).toBe(3 - shown.length);
    expect(shown.length).toBeLessThan(3);
    expect(shown).toEqual(chosen.slice(3 - shown.length));
    expect(textOf(asked[0]?.ids ?? [])).toBe(pinned.prompt === null ? '' : wholeText(pinned.prompt.parts));
  });
});

describe('a question that ISARA wrote itself', () => {
  it('is followed with the tokens that its answer was asked with', async () => {
    let asked = 0;
    const say = (prompt: string, answer: string) =>
      prompt.endsWith('Thing:') ? `thing ${asked++} of ${'abcdefgh'[asked % 8] ?? ''}` : answer;
    const { ports, recorded } = fakePorts({ say, maxPositions: 110 });
    const knobs = { rounds: 2, promptsPerRound: 8, epochs: 1, poolSize: 12, isaraNovelty: 0 };
    const plan = { task: fakeTask(), arm: armOf('isara', 'isara', knobs), seed: 1 };
    const loop = bootstrap(plan, ports);
    let next = await loop.next();
    while (next.done !== true) next = await loop.next();
    const state = next.value;
    const answers = recorded.generated.flatMap(({ rows }) =>
      rows.filter(({ key }) => key.startsWith('answer/')),
    );
    expect(answers.length).toBeGreaterThan(8);
    const maker = await promptMaker(plan, ports);
    const mode: Mode = 'few-shot';
    for (const { key, ids } of answers) {
      const rowId = key.slice('answer/'.length);
      const input =
        state.rounds.flatMap(({ samples }) => samples).find(({ id }) => id === rowId)?.input ?? '';
      const { prompt } = await followed(maker, state, { input, rowId, mode, drawnIn: null, chosen: null });
      expect(prompt.ids).toEqual(ids);
    }
  });
});

describe('the playground', () => {
  it.each(['zero-shot', 'few-shot'] as const)(
    'asks a prompt of the task, %s, as a run scores it, until its text is changed',
    async (mode) => {
      const { fake, ofRun, sent, encoded } = await watched({
        hash: 'arms=soft&preamble=Be%20right.%0A',
        prefix: [1],
      });
      const { actions } = fake.lab;
      let met = 0;
      const tested = fake.state().run?.task.splits.test ?? [];
      // Those that training changed come first; all come.
      for (let left = tested.length; left > 0; left--) {
        sent.length = ofRun.length;
        await actions.insertPrompt(mode);
        encoded.length = 0;
        await actions.ask();
        const [asked] = sent.slice(ofRun.length);
        const { text, pieces } = fake.state().playground;
        expect(textOf(asked?.ids.slice(1) ?? [])).toBe(text);
        // In the pieces in which a run tokenizes it, not as one text.
        expect(pieces).toHaveLength(mode === 'zero-shot' ? 1 : 8);
        expect(encoded).toContainEqual([...new Set(pieces)]);
        const isOf = ({ key }: { readonly key: string }) => tested.some(({ id }) => id === key);
        met += ofRun.some((row) => isOf(row) && row.ids.join() === asked?.ids.join()) ? 1 : 0;
      }
      expect(met).toBe(mode === 'zero-shot' ? 16 : 8);
      actions.setPlayground({ text: `${fake.state().playground.text} x` });
      encoded.length = 0;
      await actions.ask();
      expect(encoded).toContainEqual([fake.state().playground.text]);
    },
  );
});
