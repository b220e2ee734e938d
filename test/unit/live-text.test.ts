/** @file What is shown of answers while they are made: live, and in a run that is played again. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it, test } from 'vitest';
import type { AskedPrompt, LastingEvent, LoopEvent, Sample } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import { roundOf } from '../../src/method/state.ts';
import type { TaskRow } from '../../src/words/task.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { keyIn, rowOfKey } from '../../src/words/row-key.ts';
import { leadUp } from '../../src/store/runs/lead-up.ts';
import { CellTracker } from '../../src/store/live/cell.ts';
import { Recording } from '../../src/store/runs/recording.ts';
import { beingWritten } from '../../src/ui/inside/being-written.ts';
import { InsideTrain } from '../../src/ui/inside/inside-train.tsx';
import { rightness } from '../../src/ui/inside/live-answer.tsx';
import { addedTexts } from '../../src/ui/inside/token-text.tsx';
import { ToolsProvider } from '../../src/ui/lab-context.ts';
import { toolsOf } from './draw-views.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';
import { fakeLab } from './store-fakes.ts';

const SMALL = { rounds: 1, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12, isaraNovelty: 0 };
const armNamed = (method: MethodName) => armOf(method, method, SMALL);

async function eventsOf(method: MethodName, task = fakeTask()) {
  let questions = 0;
  const say = (prompt: string, answer: string) =>
    prompt.endsWith('Thing:') ? `a leaf with number ${questions++} of ${questions ** 3}` : answer;
  const { ports, recorded } = fakePorts({ say });
  const events: LoopEvent[] = [];
  for await (const event of bootstrap({ task, arm: armNamed(method), seed: 1 }, ports)) events.push(event);
  return { events, recorded };
}

const without = ({ writtenAfter, ...sample }: Sample): Sample => {
  expect(writtenAfter).toBeDefined();
  return sample;
};

const promptsOf = (events: readonly LoopEvent[]): readonly AskedPrompt[] =>
  events.flatMap((event) => (event.type === 'asked' ? event.prompts : []));

describe('what is asked', () => {
  test.each(['soft', 'soft+', 'isara', 'self-consistency'] as const)(
    '%s tells every prompt before its answer, as the model is given it',
    async (method) => {
      const { events, recorded } = await eventsOf(method);
      let told: readonly AskedPrompt[] = [];
      let answers = 0;
      for (const event of events) {
        if (event.type === 'asked') told = event.prompts;
        if (event.type !== 'answer') continue;
        answers++;
        expect(told.map(({ key }) => key)).toContain(event.completion.key);
      }
      expect(answers).toBeGreaterThan(0);
      const asked = events.flatMap((event) => (event.type === 'asked' ? [event.prompts] : []));
      expect(asked.map((prompts) => prompts.map(({ key, parts }) => [key, wholeText(parts)]))).toEqual(
        recorded.generated.map(({ rows }) => rows.map(({ key, ids }) => [key, textOf(ids)])),
      );
    },
  );

  test('ISARA’s questions are told apart from answers, and come first', async () => {
    const asked = promptsOf((await eventsOf('isara')).events).filter(({ key }) => key.includes('/'));
    const writes = asked.map((prompt) => prompt.writes);
    expect(new Set(writes)).toEqual(new Set(['question', 'answer']));
    expect(writes[0]).toBe('question');
    for (const { key, writes: what } of asked) expect(key.startsWith('question/')).toBe(what === 'question');
  });
});

describe('the row that an answer is of', () => {
  const IDS = [
    '7',
    'a/b',
    'sst2/train/12',
    'rank/3',
    'label/1/x',
    'answer/',
    'question/1/2/3',
    '/',
    ' ',
    'a\nb',
  ];
  const renamed = (rows: readonly TaskRow[]) => rows.map((row, i) => ({ ...row, id: IDS[i] ?? row.id }));

  test.each(['soft', 'soft+', 'self-consistency'] as const)(
    'is found whatever its id holds, live and played: %s',
    async (method) => {
      const own = fakeTask();
      const { prompts, test: tested } = own.splits;
      const task = { ...own, splits: { ...own.splits, prompts: renamed(prompts), test: renamed(tested) } };
      const { events } = await eventsOf(method, task);
      const known = new Set(Object.values(task.splits).flatMap((rows) => rows.map(({ id }) => id)));
      const found = new Set<string>();
      for (const event of events) {
        if (event.type !== 'answer') continue;
        const id = rowOfKey(event.phase, event.completion.key);
        expect(known).toContain(id);
        found.add(id);
      }
      expect(IDS.filter((id) => !found.has(id))).toEqual([]);
      for (const event of events.filter(isLasting)) {
        const live = leadUp(task, armNamed(method), event, 1)?.live;
        for (const { phase, completion } of live?.answers ?? [])
          expect(known).toContain(rowOfKey(phase, completion.key));
        for (const { key } of live?.asked ?? []) expect(known).toContain(rowOfKey('label', key));
      }
    },
  );

  it('is the same again from the key that a recording is given', () => {
    for (const phase of ['rank', 'label', 'evaluate'] as const)
      for (const id of IDS) expect(rowOfKey(phase, keyIn(phase, 3, id))).toBe(id);
  });
});

describe('a cell that is watched', () => {
  const parts = (text: string) => ({ preamble: null, demonstrations: [], prompt: { text } });
  const prompts = ['a', 'b', 'c'].map((id): AskedPrompt => ({
    key: `label/1/${id}`,
    parts: parts(id),
    writes: 'answer',
  }));
  const answer = (key: string, text: string): LoopEvent => ({
    ...{ type: 'answer', round: 1, phase: 'label' },
    completion: { key, text, ids: [1], logprobs: [-0.1], finishReason: 'stop-string' },
  });
  const phase = { type: 'phase', round: 1, phase: 'label', items: 3, detail: '' } as const;

  it('shows the prompt before the first word, then the text as it grows, then what came', () => {
    const cell = new CellTracker(armNamed('soft'), 1);
    const shown = () => beingWritten(cell.snapshot().live).map(({ id, text }) => `${id}:${text}`);
    cell.take(phase, 0);
    cell.take({ type: 'asked', round: 1, prompts }, 0);
    expect(shown()).toEqual(['a:']);
    cell.write('label/1/b', ' mu');
    const before = cell.snapshot();
    expect(shown()).toEqual(['b: mu']);
    cell.write('label/1/b', 'sic');
    cell.write('label/1/a', ' fo');
    expect(shown()).toEqual(['a: fo', 'b: music']);
    cell.take(answer('label/1/b', ' music'), 0);
    expect(beingWritten(cell.snapshot().live).map(({ completion }) => completion !== null)).toEqual([
      false,
      true,
    ]);
    // What was looked at stays as it was.
    expect(beingWritten(before.live).map(({ text }) => text)).toEqual([' mu']);
    cell.rest('stopped');
    expect(shown()).toEqual([]);
  });

  it('is right or wrong for who watches, where a key is known and the answer ended', () => {
    const task = fakeTask();
    const [row] = task.splits.test;
    if (row === undefined) throw new Error('no row');
    expect(rightness(task, row, row.output, 'stop-string')).toBe(true);
    expect(rightness(task, row, `${row.output} and more`, 'stop-string')).toBe(false);
    expect(rightness(task, row, row.output, 'length')).toBe(false);
    expect(rightness(task, { ...row, output: '' }, row.output, 'stop-string')).toBeNull();
    expect(rightness(task, undefined, 'x', 'stop-string')).toBeNull();
  });
});

describe('a run that is played', () => {
  it('shows answers being made on the way to each event, and has all of them at its end', async () => {
    const task = fakeTask();
    const arm = armNamed('soft');
    const events = (await eventsOf('soft')).events.filter(isLasting);
    const labelled = events.find((event) => event.type === 'labelled');
    if (labelled === undefined) throw new Error('nothing labelled');
    const at = (share: number) => leadUp(task, arm, labelled, share);
    const { samples } = labelled;
    const middle = at(1 / 2 + 1 / (2 * samples.length));
    expect(middle?.done).toBe(samples.length / 2);
    const own = samples[samples.length / 2];
    const [[key, text] = ['', '']] = middle?.live.writing ?? [];
    expect(rowOfKey('label', key)).toBe(own?.id);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(own?.answer.length ?? 0);
    expect(own?.answer.startsWith(text)).toBe(true);
    expect(
      wholeText(middle?.live.asked[0]?.parts ?? { preamble: null, demonstrations: [], prompt: { text: '' } }),
    ).toContain(samples[0]?.input);
    expect(at(1)?.live.answers).toHaveLength(samples.length);
    expect(at(0)?.live.answers).toHaveLength(0);

    const recording = new Recording(task, [arm], [1], new Map([[`${arm.name}/1`, events]]));
    recording.moveTo(events.indexOf(labelled));
    recording.lead(1 / 2);
    const cell = recording.view('done').cells[0];
    expect(cell?.activity).toMatchObject({ phase: 'label', done: samples.length / 2, items: samples.length });
    recording.moveTo(recording.position + 1);
    expect(recording.share).toBe(0);
    expect(recording.view('done').cells[0]?.state.rounds.at(-1)?.samples).toEqual(samples);
  });

  it('writes its questions first, with the prompts that were asked for them, then answers those that were kept', async () => {
    const task = fakeTask();
    const arm = armNamed('isara');
    const { events } = await eventsOf('isara');
    const asked = promptsOf(events).filter(({ writes }) => writes === 'question');
    const labelled = events.find((event) => event.type === 'labelled');
    if (labelled === undefined) throw new Error('nothing labelled');
    const { samples } = labelled;
    const answered = samples.filter(({ ids }) => ids.length > 0);
    expect(answered.length).toBeGreaterThan(0);
    const at = (share: number) => leadUp(task, arm, labelled, share)?.live;
    expect(at(0)?.asked.map(({ writes, parts }) => [writes, wholeText(parts)])).toEqual(
      asked.slice(0, samples.length).map(({ parts }) => ['question', wholeText(parts)]),
    );
    const items = samples.length + answered.length;
    const [, text = ''] = [...(at(0.5 / items)?.writing ?? [])][0] ?? [];
    expect(text.length).toBeGreaterThan(0);
    expect(samples[0]?.input.startsWith(text)).toBe(true);
    // The last question is there; the first answer is next.
    const between = at((samples.length + 0.01) / items);
    expect(between?.asked.map(({ writes }) => writes)).toEqual(answered.map(() => 'answer'));
    expect(between?.answers).toEqual([]);
    expect(at(1)?.answers.map(({ completion }) => completion.text)).toEqual(
      answered.map(({ answer }) => answer),
    );
    // Of a run that kept no more than what was answered.
    const bare = { ...labelled, samples: samples.map((sample) => without(sample)) };
    expect(leadUp(task, arm, bare, 0)?.live.asked.map(({ writes }) => writes)).toEqual(
      samples.map(() => 'answer'),
    );
  });

  it('never shows half of a character', () => {
    const task = fakeTask();
    const sample = { id: 'x', answer: '🦦🦦' };
    const event = {
      ...{ type: 'ranked', cost: { tokens: 0, milliseconds: 0 } },
      ranking: [{ ...sample, perplexity: 1, tokens: 1 }],
    } satisfies LastingEvent;
    for (let share = 0; share < 1; share += 0.05) {
      const text = leadUp(task, armNamed('soft+'), event, share)?.live.writing.get('rank/x') ?? '';
      expect(['', '🦦', '🦦🦦']).toContain(text);
    }
  });
});

describe('a training that goes on', () => {
  it('says what it is on, live and played again, before its end tells it', async () => {
    const { events } = await eventsOf('soft');
    const fake = fakeLab();
    const tools = toolsOf(fake.state(), fake.lab.actions);
    const examplesIn = (tracker: CellTracker) => {
      const cell = tracker.snapshot();
      const focus = {
        cell,
        round: roundOf(cell.state, 1),
        station: 'train',
        isNow: true,
        stop: null,
      } as const;
      const view = createElement(InsideTrain, { focus, of: { facts: '', name: 'x' } });
      return /<dt>examples<\/dt><dd>(.*?)<\/dd>/.exec(
        renderToStaticMarkup(createElement(ToolsProvider, { value: tools }, view)),
      )?.[1];
    };
    const live = new CellTracker(armNamed('soft'), 1);
    const firstStep = events.findIndex(({ type }) => type === 'step');
    for (const event of events.slice(0, firstStep + 1)) live.take(event, 1);
    expect(examplesIn(live)).toBe('8');
    const trained = events.find((event) => event.type === 'trained');
    const lead = trained === undefined ? null : leadUp(fakeTask(), armNamed('soft'), trained, 0.5);
    if (trained === undefined || lead === null) throw new Error('nothing trained');
    const played = new CellTracker(armNamed('soft'), 1);
    played.announce(lead);
    expect(examplesIn(played)).toBe('8');
    played.take(trained, 1);
    expect(examplesIn(played)).toBe('8');
  });
});

describe('the text of tokens', () => {
  it('is what each adds, and of a character that several make it stands at the last', () => {
    expect(addedTexts([' a', ' ab', ' ab'])).toEqual([' a', 'b', '']);
    expect(addedTexts(['x', 'x\uFFFD', 'x\uFFFD\uFFFD', 'xé'])).toEqual(['x', '', '', 'é']);
    expect(addedTexts([])).toEqual([]);
  });
});
