import { beforeEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { describeFiles } from '../../src/core/source.ts';
import { withoutNumbers } from '../../src/lora/hash.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import { textOf } from './fake-ports.ts';
import { apartInWords } from '../../src/store/model/model-slice.ts';
import { readRunFile, writeRunFile } from '../../src/store/runs/run-file.ts';
import { FACTS } from './lab-fakes.ts';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

const NONE = { preamble: null, demonstrations: [], prompt: { text: '' } };
const ONE_ARM = `${SMALL}&arms=soft`;

let fake: FakeLab;
const actions = () => fake.lab.actions;
const open = async (hash = ONE_ARM) => {
  await fake.lab.open(hash);
  expect(fake.state().faults).toEqual([]);
};
const status = (wanted: string) => fake.until(({ run }) => run?.status === wanted);
const finished = async () => {
  const before = fake.state().run?.id;
  actions().run();
  return fake.until(({ run }) => run?.status === 'done' && run.id !== before);
};
/** What a run found, without its times. */
const outcome = () =>
  fake.state().run?.cells.map(({ key, state }) => ({
    key,
    rounds: state.rounds.map(({ samples, evaluations, adapter }) => ({ samples, evaluations, adapter })),
    end: state.end,
  }));

beforeEach(() => {
  fake = fakeLab();
});

describe('a run', () => {
  it('goes through every arm and seed to its end, and stands in the list with its scores', async () => {
    await open(`${SMALL}&seeds=1,2`);
    const { run, runs } = await finished();
    expect(run?.cells.map(({ key, status: own }) => [key, own])).toEqual([
      ['soft/1', 'done'],
      ['frozen-teacher/1', 'done'],
      ['single-round/1', 'done'],
      ['soft/2', 'done'],
      ['frozen-teacher/2', 'done'],
      ['single-round/2', 'done'],
    ]);
    expect(run).toMatchObject({ progress: 1, secondsLeft: 0, current: null });
    expect(runs).toHaveLength(1);
    expect(Object.keys(runs[0]?.scores ?? {})).toHaveLength(6);
    expect(fake.state().setup.predictedSeconds).toBeGreaterThan(0);
  });

  it('shows its answers and its training while they come, and no more often than ten times a second', async () => {
    let updates = 0;
    let answers = 0;
    let steps = 0;
    fake.lab.store.subscribe(({ run }) => {
      updates++;
      const [cell] = run?.cells ?? [];
      answers = Math.max(answers, cell?.live.answers.length ?? 0);
      steps = Math.max(steps, cell?.live.curve.length ?? 0);
    });
    await open(`${ONE_ARM}&promptsPerRound=30&rounds=2&epochs=60`);
    await finished();
    expect(answers).toBeGreaterThan(0);
    expect(steps).toBeGreaterThan(0);
    // Hundreds of events; the fake clock lets some milliseconds pass with each.
    expect(updates).toBeLessThan(200);
  });

  it('pauses between two events, tells nothing while it is paused, and goes on', async () => {
    await open();
    actions().run();
    await status('running');
    actions().pause();
    const { run: paused } = await status('paused');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fake.state().run?.cells[0]?.state).toBe(paused?.cells[0]?.state);
    actions().resume();
    await status('done');
  });

  it('steps from result to result: of what is labelled the labels, the filter, the order, and all scores of a round at once', async () => {
    await open();
    const seen: string[] = [];
    const look = () => {
      const cell = fake.state().run?.cells[0];
      seen.push(`${cell?.activity?.round} ${fake.state().run?.stop}`);
      return cell?.state;
    };
    actions().stepPhase();
    await status('paused');
    look();
    for (const stop of ['label', 'filter', 'order', 'train', 'score']) {
      actions().stepPhase();
      await fake.until(({ run }) => run?.status === 'paused' && run.stop === stop);
      const state = look();
      expect(state?.rounds[1]?.samples.length).toBeGreaterThan(0);
      expect(state?.rounds[1]?.curve.length !== 0).toBe(stop === 'train' || stop === 'score');
      expect(state?.rounds[1]?.end != null).toBe(stop === 'score');
    }
    expect(seen).toEqual(['0 score', '1 label', '1 filter', '1 order', '1 train', '1 score']);
    actions().resume();
    await status('done');
    expect(fake.state().run?.stop).toBeNull();
  });

  it('goes on from between two results of one event as from any other', async () => {
    await open();
    await finished();
    const whole = outcome();
    fake = fakeLab();
    await open();
    actions().stepRound();
    await status('paused');
    actions().stepPhase();
    await fake.until(({ run }) => run?.status === 'paused' && run.stop === 'label');
    actions().stepPhase();
    await fake.until(({ run }) => run?.stop === 'filter');
    actions().resume();
    await status('done');
    expect(outcome()).toEqual(whole);
  });

  it('steps to the end of a round', async () => {
    await open();
    actions().stepRound();
    await fake.until(({ run }) => run?.status === 'paused' && run.cells[0]?.state.rounds[0]?.end != null);
    expect(fake.state().run?.cells[0]?.state.rounds).toHaveLength(1);
    actions().stepRound();
    await fake.until(({ run }) => run?.status === 'paused' && run.cells[0]?.state.rounds[1]?.end != null);
    expect(fake.state().run?.cells[0]?.state.rounds).toHaveLength(2);
  });

  it('stopped, keeps what it has, and goes on to the results of a run that was not', async () => {
    await open();
    await finished();
    const whole = outcome();
    fake = fakeLab();
    await open();
    actions().stepPhase();
    await status('paused');
    actions().stop();
    const { runs } = await status('stopped');
    expect(runs[0]?.status).toBe('stopped');
    actions().resume();
    await status('done');
    expect(outcome()).toEqual(whole);
  });

  it('shows a failure with its remedy, keeps what came before, and goes on when asked', async () => {
    await open();
    fake.services.failNext = new LabError('device-lost', 'The GPU is gone.');
    actions().run();
    const { run } = await status('failed');
    expect(run?.cells[0]?.fault).toMatchObject({ code: 'device-lost', what: 'The GPU is gone.' });
    expect(run?.cells[0]?.state.rounds).toHaveLength(2);
    actions().resume();
    const { run: done } = await status('done');
    expect(done?.cells[0]?.fault).toBeNull();
  });

  it('refuses a faulty setup by name, and does not begin', async () => {
    await open();
    actions().setKnob('rounds', 0);
    expect(fake.state().setup.faults).toEqual({ rounds: 'must be a whole number from 1 to 20' });
    actions().run();
    await fake.until(({ faults }) => faults.length > 0);
    expect(fake.state().run).toBeNull();
  });

  it('says what differs from the run before', async () => {
    await open();
    await finished();
    expect(fake.state().setup.changes).toEqual([]);
    actions().setKnob('demonstrations', 2);
    expect(fake.state().setup.changes).toEqual([{ what: 'Demonstrations k', before: '3', after: '2' }]);
    await finished();
    expect(fake.state().runs[0]).toMatchObject({
      name: 'SOFT on colours, demonstrations k 2',
      changes: [{ before: '3', after: '2' }],
    });
  });
});

describe('what is kept', () => {
  it('is offered after a reload in the middle of a run, and leads to the same results', async () => {
    await open();
    await finished();
    const whole = outcome();
    fake = fakeLab();
    await open();
    actions().stepRound();
    await status('paused');
    actions().stepPhase();
    await fake.until(({ run }) => run?.stop === 'label' && run.status === 'paused');
    // The page goes away; another one opens on the same disk.
    fake = fakeLab(fake.vault);
    await open();
    expect(fake.state().interrupted).toMatchObject({ status: 'interrupted' });
    await actions().continueInterrupted();
    await status('done');
    expect(outcome()).toEqual(whole);
    expect(fake.state().interrupted).toBeNull();
  });

  it('is not continued with another model, nor answers with it: of one name, they are told by their digests', async () => {
    fake.services.sha256 = 'a'.repeat(64);
    await open();
    actions().stepRound();
    await status('paused');
    fake = fakeLab(fake.vault);
    fake.services.sha256 = 'b'.repeat(64);
    await open();
    await actions().continueInterrupted();
    expect(fake.state().faults[0]?.what).toContain(
      'made with nano (sha256 aaaaaaaa), the loaded model is nano (sha256 bbbbbbbb).',
    );
    expect(fake.state().run).toBeNull();
    await actions().openRun(fake.state().runs[0]?.id ?? '');
    expect(await actions().saveAdapter({ kind: 'round', cell: 'soft/1', round: 1 })).toBeNull();
    expect(fake.state().faults.map(({ what }) => what)).toContain(
      'The run was made with nano (sha256 aaaaaaaa), the loaded model is nano (sha256 bbbbbbbb).',
    );

    expect(apartInWords({ name: 'nano', sha256: 'aa' }, { ...FACTS, name: 'tiny', sha256: 'bb' })).toBe(
      'made with nano, the loaded model is tiny',
    );
  });

  it('waits in memory where the disk is full, and is written when there is room', async () => {
    await open();
    await finished();
    const [first] = fake.state().runs;
    fake.vault.failure = new LabError('storage-full', 'No more room.');
    await finished();
    const second = fake.state().runs.find(({ id }) => id !== first?.id);
    expect(fake.state().faults.map(({ code }) => code)).toEqual(['storage-full']);
    expect(fake.vault.stored.has(second?.id ?? '')).toBe(false);
    expect((await actions().exportRun(second?.id ?? ''))?.bytes.length).toBeGreaterThan(0);
    fake.vault.failure = null;
    await actions().deleteRun(first?.id ?? '');
    expect(fake.vault.stored.get(second?.id ?? '')).toMatchObject({ status: 'done' });
    const events = await fake.vault.events(second?.id ?? '');
    expect(events.get('soft/1')?.at(-1)?.type).toBe('ended');
  });

  it('is exported as one file that another page plays without a model', async () => {
    await open();
    await finished();
    const whole = outcome();
    const [card] = fake.state().runs;
    const file = await actions().exportRun(card?.id ?? '');
    expect(file?.name).toBe('SOFT-on-colours.bootlace.zip');
    fake = fakeLab();
    await actions().importRun(describeFiles([new File([file?.bytes ?? new Uint8Array()], 'run.zip')]));
    expect(fake.state().run).toMatchObject({ kind: 'replay', status: 'running' });
    actions().setReplay({ speed: 1000 });
    await status('done');
    expect(outcome()).toEqual(whole);
    expect(fake.services.log).toEqual([]);
    expect(fake.state().runs[0]).toMatchObject({ isImported: true, scores: card?.scores });
  });

  it('can be played from any place, paused, and opened whole', async () => {
    await open();
    await finished();
    const id = fake.state().runs[0]?.id ?? '';
    const whole = outcome();
    await actions().playRun(id);
    actions().setReplay({ isPlaying: false, position: 3 });
    expect(fake.state().run).toMatchObject({ status: 'paused', replay: { position: 3, isPlaying: false } });
    expect(fake.state().run?.cells[0]?.state.end).toBeNull();
    actions().setReplay({ position: 1 });
    expect(fake.state().run?.cells[0]?.state.rounds[0]?.evaluations).toHaveLength(1);
    await actions().openRun(id);
    expect(outcome()).toEqual(whole);
    expect(fake.state().run).toMatchObject({ kind: 'stored', status: 'done', replay: null });
  });
});

describe('stepping through a recorded run', () => {
  it('rests on each result in turn, as stepping through the live one does, and at the end of the round', async () => {
    await open();
    await finished();
    await actions().playRun(fake.state().runs[0]?.id ?? '');
    actions().setReplay({ isPlaying: true, position: 0 });
    const asked = fake.services.log.length;
    const seen = () => {
      actions().stepPhase();
      const { run } = fake.state();
      expect(run).toMatchObject({ kind: 'replay', status: 'paused', replay: { isPlaying: false } });
      return run?.stop;
    };
    // The base is scored first; then the first round.
    expect([seen(), seen(), seen(), seen(), seen(), seen()]).toEqual([
      ...['score', 'label', 'filter', 'order', 'train', 'score'],
    ]);
    const rounds = () => fake.state().run?.cells[0]?.state.rounds.filter(({ end }) => end !== null).length;
    const before = rounds() ?? 0;
    actions().stepRound();
    expect([rounds(), fake.state().run?.stop]).toEqual([before + 1, 'score']);
    for (let i = 0; i < 20; i++) actions().stepRound();
    expect(fake.state().run).toMatchObject({ status: 'done', stop: null });
    expect(fake.services.log).toHaveLength(asked);
  });
});

describe('the prompt of an evaluated item', () => {
  const seenOf = async (mode: 'zero-shot' | 'few-shot') => {
    const cell = fake.state().run?.cells[0];
    const found = cell?.state.rounds[0]?.evaluations.find(
      (evaluation) => evaluation.split === 'test' && evaluation.mode === mode,
    );
    return actions().promptSeen(cell?.key ?? '', found?.predictions[0]?.id ?? '', mode);
  };

  it('is shown with the demonstrations that stood before it', async () => {
    await open();
    await finished();
    const alone = await seenOf('zero-shot');
    expect(alone).toMatchObject({
      leftOut: 0,
      isCertain: true,
      parts: { preamble: null, demonstrations: [] },
    });
    const seen = await seenOf('few-shot');
    expect(seen).toMatchObject({ leftOut: 0, isCertain: true });
    const shown = seen?.parts.demonstrations.map(({ id }) => id) ?? [];
    expect(shown).toHaveLength(3);
    expect(shown.every((id) => id.startsWith('pool-'))).toBe(true);
  });

  it('is said to be uncertain under another model, whose tokens are not the run’s', async () => {
    await open();
    await finished();
    const own = await seenOf('few-shot');
    fake.services.sha256 = 'bb';
    await actions().loadFiles({ kind: 'url', url: 'other' }, 'other');
    const other = await seenOf('few-shot');
    expect(other).toMatchObject({ leftOut: 0, isCertain: false });
    expect(wholeText(other?.parts ?? NONE)).toBe(wholeText(own?.parts ?? NONE));
  });

  it('is none for what the run did not evaluate', async () => {
    await open();
    await finished();
    expect(await actions().promptSeen('soft/1', 'nobody', 'few-shot')).toBeNull();
  });
});

describe('an address of a model from picked files', () => {
  it('leaves it where it is loaded, and asks for its folder where it is not', async () => {
    await open();
    await actions().loadFiles({ kind: 'url', url: 'mine' }, 'mine');
    const { hash } = fake.state().setup;
    expect(hash).toContain('model=picked:mine');
    actions().applyHash(`${hash}&promptsPerRound=12`);
    await fake.until(({ setup }) => setup.setup.shared.promptsPerRound === 12);
    expect(fake.state()).toMatchObject({ model: { status: 'ready', ref: { name: 'mine' } }, faults: [] });
    fake = fakeLab();
    await fake.lab.open(hash);
    expect(fake.state().model.status).toBe('none');
    expect(fake.state().faults).toMatchObject([
      { what: 'The model mine is not in this browser.', remedy: 'Choose its folder again.' },
    ]);
    actions().run();
    await fake.until(({ faults }) => faults.length > 1);
    expect(fake.state().run).toBeNull();
  });
});

describe('questions beside a run', () => {
  it('are answered by the base and by every round, and by new rounds as they end', async () => {
    await open();
    actions().stepRound();
    await status('paused');
    actions().pin('a leaf test 3', null);
    await fake.until(({ pinned }) => pinned?.answers.every(({ status: own }) => own === 'done') === true);
    expect(fake.state().pinned?.answers.map(({ answerer }) => answerer)).toEqual([{ kind: 'base' }]);
    expect(fake.state().pinned?.prompt?.drawn).toHaveLength(3);
    actions().resume();
    await status('done');
    const { pinned } = await fake.until(
      (state) => state.pinned?.answers.length === 3 && state.pinned.answers.every((a) => a.status === 'done'),
    );
    expect(pinned?.answers.at(-1)?.answerer).toEqual({ kind: 'round', cell: 'soft/1', round: 2 });
    const [token] = pinned?.answers[0]?.tokens ?? [];
    expect(token?.alternatives.map(({ id }) => id)).toEqual([127, 126, 125, 124, 123]);
    expect(token?.alternatives[0]?.probability).toBeCloseTo(1 - Math.exp(-1), 3);
  });

  it('in the shape of a prompt are answered to the task’s stop, unless that is not wanted; other text is not', async () => {
    const { inference } = fake.services;
    const stops: (readonly string[])[] = [];
    const generate: typeof inference.generate = (request, context) => {
      stops.push(request.config.stopStrings);
      return own(request, context);
    };
    const own = inference.generate;
    Object.assign(inference, { generate });
    await open();
    await fake.until(({ setup }) => setup.predictedSeconds !== null);
    stops.length = 0;
    const asked = async (change: Parameters<ReturnType<typeof actions>['setPlayground']>[0]) => {
      actions().setPlayground(change);
      await actions().ask();
    };
    await asked({ text: 'Thing: a sky\nColour:' });
    await asked({ text: 'The day at the zoo was' });
    await asked({ text: 'Thing: a sky\nColour:', stopAt: 'nothing' });
    expect(stops).toEqual([['\n'], [], []]);
  });

  it('as a user’s turn are written by the chat template, and end with the turn', async () => {
    const { inference } = fake.services;
    const sent: string[] = [];
    const ends: (readonly number[])[] = [];
    const own = inference.generate;
    const generate: typeof inference.generate = (request, context) => {
      sent.push(...request.rows.map(({ ids }) => textOf(ids)));
      ends.push(request.config.eosTokenIds);
      return own(request, context);
    };
    Object.assign(inference, { generate });
    await open();
    await fake.until(({ setup }) => setup.predictedSeconds !== null);
    sent.length = ends.length = 0;
    actions().setPlayground({ text: 'What is blue?', as: 'turn' });
    await actions().ask();
    actions().setPlayground({ as: 'text' });
    await actions().ask();
    expect(sent).toEqual(['\u2402user\nWhat is blue?\u2403\n\u2402assistant\n', 'What is blue?']);
    expect(ends).toEqual([[0x2403], []]);
    // A prompt of a run in turns is put there as its template writes it, and sent so.
    actions().setKnob('chat', 'turns');
    await actions().insertPrompt('few-shot');
    await actions().ask();
    expect(sent[2]).toBe(fake.state().playground.text);
    expect(sent[2]?.split('\u2402assistant\n')).toHaveLength(5);
    expect(ends[2]).toEqual([0x2403]);
  });

  it('about a recording without its adapters are answered by the base; of the rounds by what the run kept, where it kept it', async () => {
    await open();
    await finished();
    const whole = outcome();
    const file = await actions().exportRun(fake.state().runs[0]?.id ?? '');
    const read = readRunFile(file?.bytes ?? new Uint8Array(), 'run.zip');
    const bare = [...read.events].map(([cell, events]) => {
      const lighter = events.map((event) =>
        event.type === 'trained' ? { ...event, adapter: withoutNumbers(event.adapter) } : event,
      );
      return [cell, lighter] as const;
    });
    const bytes = writeRunFile({ ...read, events: new Map(bare) });
    await actions().importRun(describeFiles([new File([bytes], 'light.zip')]));
    actions().setReplay({ position: 10_000 });
    await status('done');
    expect(outcome()?.map(({ rounds }) => rounds.map((round) => ({ ...round, adapter: null })))).toEqual(
      whole?.map(({ rounds }) => rounds.map((round) => ({ ...round, adapter: null }))),
    );
    expect(await actions().adapterHealth({ kind: 'round', cell: 'soft/1', round: 1 })).toMatch(/without its/);
    actions().pin('a leaf test 3', null);
    const { pinned } = await fake.until(
      (state) =>
        state.pinned?.answers.every(({ status: own }) => own === 'done' || own === 'failed') === true,
    );
    expect(pinned?.answers.map(({ status: own }) => own)).toEqual(['done', 'failed', 'failed']);
    expect(pinned?.answers[1]?.fault?.what).toBe('The run kept no answer to this prompt.');
    // What it does not have is no fault of the page.
    expect(fake.state().faults).toEqual([]);
    const scored = whole?.[0]?.rounds[2]?.evaluations.find(
      ({ split, mode }) => split === 'test' && mode === 'zero-shot',
    );
    const [item] = scored?.predictions ?? [];
    const row = read.task.splits.test.find(({ id }) => id === item?.id);
    actions().pin(row?.input ?? '', row?.id ?? null);
    actions().setPinned({ mode: 'zero-shot' });
    const { pinned: followed } = await fake.until(
      (state) => state.pinned?.answers.every(({ status: own }) => own === 'done') === true,
    );
    expect(followed?.answers.map(({ readBack: why }) => why)).toEqual([null, 'adapter', 'adapter']);
    expect(followed?.answers[2]?.text).toBe(item?.answer);
    // Another prompt than the run asked has no kept answer.
    actions().setPinned({ input: 'another' });
    const { pinned: changed } = await fake.until((state) => state.pinned?.answers[2]?.status === 'failed');
    expect(changed?.answers[2]?.fault?.remedy).toMatch(/^Open a file of the run with its adapters/);
  });

  it('about an adapter’s health count it against the model at hand, if it is the run’s', async () => {
    await open();
    await finished();
    const round = { kind: 'round', cell: 'soft/1', round: 1 } as const;
    expect(await actions().adapterHealth({ kind: 'base' })).toBeNull();
    // The fake model has no module at all.
    expect(await actions().adapterHealth(round)).toBeNull();
    expect(fake.state().faults.map(({ what }) => what)).toEqual([
      "0 of the adapter's 1 modules are this model's.",
    ]);
    fake.lab.store.setState({ model: { ...fake.state().model, status: 'none' } });
    expect(await actions().adapterHealth(round)).toBe(
      '1 module; all values finite; B zero in all: not trained; scale 1; norm of the update 0',
    );
  });

  it('change nothing of the run’s results', async () => {
    await open();
    await finished();
    const whole = outcome();
    fake = fakeLab();
    await open();
    actions().setPlayground({ text: 'Thing: a sky\nColour:', answerers: [{ kind: 'base' }] });
    const asking = setInterval(() => void actions().ask(), 1);
    await finished();
    clearInterval(asking);
    expect(outcome()).toEqual(whole);
    expect(fake.services.log.filter((line) => line === 'generate 1 by base').length).toBeGreaterThan(1);
  });
});
