/** @file How long a run will take, told before the first one: by a probe that nobody has to wait for. */
import { beforeEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { KeptSpeeds } from '../../src/store/forecast/speed-kept.ts';
import { NO_SPEEDS, isKept, speedsOf, withProbed, withRun } from '../../src/store/forecast/speed-kept.ts';
import { NO_RATES } from '../../src/method/work.ts';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

const ONE_ARM = `${SMALL}&arms=soft`;
const MACHINE = { sha256: 'aa', device: 'a fake' };
const TOKEN_RATES = { prefillTokensPerSecond: 900, decodeTokensPerSecond: 50, trainTokensPerSecond: 100 };

let fake: FakeLab;
beforeEach(() => {
  fake = fakeLab();
});
const predicted = () => fake.until(({ setup }) => setup.predictedSeconds !== null);
const done = () => fake.until(({ run }) => run?.status === 'done');
const kept = async (): Promise<KeptSpeeds> => {
  const setting = await fake.vault.setting('speed-by-cost');
  return isKept(setting) ? setting : NO_SPEEDS;
};

describe('the time of a run', () => {
  it('is told before the first run, and the memory that LoRA adds', async () => {
    await fake.lab.open(ONE_ARM);
    expect(fake.state().setup.predictedSeconds).toBeNull();
    const { setup } = await predicted();
    expect(setup.predictedSeconds).toBeGreaterThan(0);
    expect(setup.predictedAdapterBytes).toBe(0); // The fake model has no linear layer.
    expect(fake.state()).toMatchObject({ run: null, faults: [], notices: [] });
    // Twice the seeds take twice as long; twice the rounds not quite, since the base is scored once.
    const seconds = setup.predictedSeconds ?? NaN;
    fake.lab.actions.setSeeds([1, 2]);
    expect(fake.state().setup.predictedSeconds).toBeCloseTo(2 * seconds);
    fake.lab.actions.setSeeds([1]);
    fake.lab.actions.setKnob('rounds', 4);
    expect(fake.state().setup.predictedSeconds).toBeGreaterThan(1.5 * seconds);
    expect(fake.state().setup.predictedSeconds).toBeLessThan(2 * seconds);
  });

  it('is told of a step that could be next, and of none with a model that was not measured', async () => {
    await fake.lab.open(ONE_ARM);
    const { setup } = await predicted();
    const { actions } = fake.lab;
    expect(actions.priceOf({ ...setup.setup, seeds: [1, 2] }).seconds).toBeCloseTo(
      2 * (setup.predictedSeconds ?? NaN),
    );
    const model = { kind: 'picked', name: 'another' } as const;
    expect(actions.priceOf({ ...setup.setup, model })).toEqual({ absent: model, seconds: null });
  });

  it('is measured once for a model and device, and kept', async () => {
    await fake.lab.open(ONE_ARM);
    await predicted();
    const [speed] = await kept();
    expect(speed).toMatchObject({ ...MACHINE, tasks: [] });
    const { vault } = fake;
    fake = fakeLab(vault);
    await fake.lab.open(ONE_ARM);
    await predicted();
    expect(fake.services.log).not.toContainEqual(expect.stringContaining('generate'));
  });

  it('is that of a real run as soon as there is one', async () => {
    await fake.lab.open(ONE_ARM);
    await predicted();
    fake.lab.actions.run();
    await done();
    const { probed, rates } = speedsOf(await kept(), MACHINE, 'colours');
    expect(probed).not.toBeNull();
    expect(rates.label).toBeGreaterThan(0);
    expect(rates.evaluate).toBeGreaterThan(0);
    // What the run took beside the prediction goes into the next one: twice as long for all, and it is twice as long.
    const { vault } = fake;
    const twice = ({ tasks, ...machine }: KeptSpeeds[number]) => ({
      ...machine,
      tasks: tasks.map((task) => ({
        ...task,
        rates: Object.fromEntries(
          Object.entries(task.rates).map(([phase, rate]) => [phase, rate === null ? 2 : 2 * rate]),
        ),
      })),
    });
    const once = fake.state().setup.predictedSeconds ?? NaN;
    const known = await kept();
    const slower = known.map(twice);
    expect(isKept(slower)).toBe(true);
    await vault.saveSetting('speed-by-cost', slower);
    fake = fakeLab(vault);
    await fake.lab.open(ONE_ARM);
    const { setup } = await predicted();
    expect(setup.predictedSeconds).toBeCloseTo(2 * once);
  });

  it('is that of a run that began before the probe, once there is one: it is told what it took', async () => {
    await fake.lab.open(ONE_ARM);
    fake.lab.actions.run();
    await done();
    const before = fake.state().setup.predictedSeconds ?? NaN;
    expect(speedsOf(await kept(), MACHINE, 'colours').probed).toBeNull();
    const isProbed = async () => speedsOf(await kept(), MACHINE, 'colours').probed !== null;
    while (!(await isProbed())) await new Promise((resolve) => setTimeout(resolve));
    const { rates } = speedsOf(await kept(), MACHINE, 'colours');
    expect(rates.label).toBeGreaterThan(0);
    // The same run, told by the same run: in other units the same seconds.
    await fake.until(({ setup }) => setup.predictedSeconds !== null);
    expect(fake.state().setup.predictedSeconds).toBeCloseTo(before, 6);
  });

  it('is not known, and nothing else is said, where the probe fails', async () => {
    fake.services.failNext = new LabError('device-lost', 'The device was lost.');
    await fake.lab.open(ONE_ARM);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fake.services.failNext).toBeNull();
    expect(fake.state()).toMatchObject({ faults: [], notices: [], setup: { predictedSeconds: null } });
    fake.lab.actions.run();
    const { run } = await done();
    expect(run?.status).toBe('done');
    // By the run alone, held against what is usual.
    expect(fake.state().setup.predictedSeconds).toBeGreaterThan(0);
  });
});

describe('the probe', () => {
  it('gives way to a run that begins in its middle, and changes nothing of its results', async () => {
    const outcome = () =>
      fake
        .state()
        .run?.cells.map(({ state }) => state.rounds.map(({ samples, adapter }) => ({ samples, adapter })));
    await fake.lab.open(ONE_ARM);
    fake.lab.actions.run();
    await done();
    const whole = outcome();
    fake = fakeLab();
    await fake.lab.open(ONE_ARM);
    const { training } = fake.services;
    const { train } = training;
    const probe: { signal?: { readonly aborted: boolean } } = {};
    // The probe's training, the first there is, goes on until it is called off.
    const slow: typeof train = async function* (request, context) {
      Object.assign(training, { train });
      Object.assign(probe, context);
      while (probe.signal?.aborted === false) await new Promise((resolve) => setTimeout(resolve));
      return yield* train(request, context);
    };
    Object.assign(training, { train: slow });
    while (probe.signal === undefined) await new Promise((resolve) => setTimeout(resolve));
    expect(probe.signal.aborted).toBe(false);
    fake.lab.actions.run();
    expect(probe.signal.aborted).toBe(true);
    await fake.until(({ run }) => run?.status === 'running');
    expect(await kept()).toEqual(NO_SPEEDS);
    await done();
    expect(outcome()).toEqual(whole);
  });
});

describe('kept speeds', () => {
  it('stand apart by model, device and task', () => {
    const found = withRun(withProbed(NO_SPEEDS, MACHINE, TOKEN_RATES), MACHINE, 'colours', {
      ...NO_RATES,
      label: 3,
    });
    expect(speedsOf(found, MACHINE, 'colours')).toEqual({
      probed: TOKEN_RATES,
      rates: { ...NO_RATES, label: 3 },
    });
    expect(speedsOf(found, MACHINE, 'shapes')).toEqual({ probed: TOKEN_RATES, rates: NO_RATES });
    expect(speedsOf(found, { ...MACHINE, sha256: 'bb' }, 'colours').probed).toBeNull();
    expect(speedsOf(found, { ...MACHINE, device: 'another' }, 'colours').probed).toBeNull();
  });

  it('of runs go when the machine is probed anew: they were held against the probe before', () => {
    const known = withRun(withProbed(NO_SPEEDS, MACHINE, TOKEN_RATES), MACHINE, 'colours', {
      ...NO_RATES,
      label: 3,
    });
    expect(speedsOf(withProbed(known, MACHINE, TOKEN_RATES), MACHINE, 'colours').rates).toEqual(NO_RATES);
  });

  it('keep what a run did not measure', () => {
    const first = withRun(NO_SPEEDS, MACHINE, 'colours', { ...NO_RATES, label: 3, train: 4 });
    const second = withRun(first, MACHINE, 'colours', { ...NO_RATES, train: 5 });
    expect(speedsOf(second, MACHINE, 'colours').rates).toEqual({ ...NO_RATES, label: 3, train: 5 });
  });

  it('hold no speed that would predict for ever', () => {
    const silent = withProbed(NO_SPEEDS, MACHINE, { ...TOKEN_RATES, decodeTokensPerSecond: 0 });
    expect(speedsOf(silent, MACHINE, 'colours').probed?.decodeTokensPerSecond).toBe(900);
    expect(withProbed(NO_SPEEDS, MACHINE, { ...TOKEN_RATES, trainTokensPerSecond: 0 })).toEqual(NO_SPEEDS);
  });

  it('of another shape are not read', () => {
    expect(isKept({ rank: 1 })).toBe(false);
    expect(isKept([{ sha256: 'aa' }])).toBe(false);
  });
});
