import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conduct } from '../../tools/experiment/conduct.ts';
import { conductOptions, fakeLab, FILE, freshFolder, inputsOf, readOutput } from './experiment-fakes.ts';

const OUTPUTS = ['results.jsonl', 'predictions.jsonl', 'samples.jsonl'];

async function uninterrupted(inputs = inputsOf()): Promise<string> {
  const folder = freshFolder();
  expect(await conduct(conductOptions(folder, fakeLab(), { inputs }))).toBe(0);
  return folder;
}

describe('an experiment', () => {
  it('that dies after every single event and is resumed each time ends with the same bytes', async () => {
    const inputs = inputsOf({ ...FILE, seeds: [1] });
    const expected = await uninterrupted(inputs);
    const folder = freshFolder();
    const lab = fakeLab({ eventsPerLife: 1 });
    let lives = 0;
    for (let isDone = false; !isDone; lives++) {
      const options = conductOptions(folder, lab, { isResumed: lives > 0, inputs });
      isDone = await conduct(options).then(
        () => true,
        () => false,
      );
    }
    expect(lives).toBeGreaterThan(30);
    for (const name of OUTPUTS) expect(readOutput(folder, name)).toBe(readOutput(expected, name));
  });

  it('starts another browser when one dies, as often as there was something new in between', async () => {
    const expected = await uninterrupted();
    const folder = freshFolder();
    const lab = fakeLab({ eventsPerLife: 3 });
    expect(await conduct(conductOptions(folder, lab, { restarts: 1 }))).toBe(0);
    expect(lab.lives()).toBeGreaterThan(10);
    for (const name of OUTPUTS) expect(readOutput(folder, name)).toBe(readOutput(expected, name));
  });

  it('gives up after its restarts when browsers die without an event', async () => {
    const lab = fakeLab({ eventsPerLife: 0 });
    const work = conduct(conductOptions(freshFolder(), lab, { restarts: 2 }));
    await expect(work).rejects.toMatchObject({ code: 'worker-died' });
    expect(lab.lives()).toBe(3);
  });

  it('goes on after a last line that a kill tore, and after an adapter that was written without its line', async () => {
    const expected = await uninterrupted();
    const folder = freshFolder();
    await expect(conduct(conductOptions(folder, fakeLab({ eventsPerLife: 8 })))).rejects.toThrow();
    const log = join(folder, 'state', 'colours', 'soft+', '1.jsonl');
    const text = readFileSync(log, 'utf8');
    expect(text.trimEnd().split('\n').at(-1)).toContain('"trained"');
    writeFileSync(log, text.slice(0, -20));
    await conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    for (const name of OUTPUTS) expect(readOutput(folder, name)).toBe(readOutput(expected, name));
  });

  it('that is stopped keeps its events, says so as cancelled, and leaves no lock', async () => {
    const folder = freshFolder();
    const stop = new AbortController();
    let events = 0;
    const lab = fakeLab({
      onEvent: () => {
        if (++events === 5) stop.abort();
      },
    });
    const work = conduct(conductOptions(folder, lab, { signal: stop.signal }));
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    expect(await conduct(conductOptions(folder, fakeLab(), { isResumed: true }))).toBe(0);
  });

  it('over knobs whose values are longer than a name can be has a folder for each, and is resumed', async () => {
    const rule = 'Answer with one word, and never with two. '.repeat(8);
    const preamble = [`${rule}Be brief.`, `${rule}Be kind.`, 'Half a letter: \uD83D', '漢'.repeat(300)];
    const inputs = inputsOf({
      ...FILE,
      seeds: [1],
      arms: [{ name: 'a', method: 'soft' }],
      grid: { preamble },
    });
    const expected = await uninterrupted(inputs);
    expect(readdirSync(join(expected, 'state', 'colours'))).toHaveLength(preamble.length);
    const folder = freshFolder();
    await expect(
      conduct(conductOptions(folder, fakeLab({ eventsPerLife: 12 }), { inputs })),
    ).rejects.toThrow();
    expect(await conduct(conductOptions(folder, fakeLab(), { inputs, isResumed: true }))).toBe(0);
    for (const name of OUTPUTS) expect(readOutput(folder, name)).toBe(readOutput(expected, name));
  });

  it('writes down a run that cannot be done, and does the others', async () => {
    const folder = freshFolder();
    const lab = fakeLab({
      failing: ({ arm, seed }) => (arm.name === 'frozen' && seed === 1 ? 'non-finite-loss' : null),
    });
    const options = conductOptions(folder, lab);
    expect(await conduct(options)).toBe(1);
    expect(options.said.some((line) => line.startsWith('FAILED colours, frozen, seed 1'))).toBe(true);
    expect(JSON.parse(readOutput(folder, 'run.json'))).toMatchObject({
      status: 'finished with failures',
      failed: [{ arm: 'frozen', seed: 1, code: 'non-finite-loss' }],
    });
    const results = readOutput(folder, 'results.jsonl');
    expect(results).toContain('"arm":"frozen","method":"frozen-teacher","seed":2');
    expect(results).not.toContain('"arm":"frozen","method":"frozen-teacher","seed":1');
  });
});

describe('results', () => {
  it('are sorted, without timings, with the base as round 0 of every arm', async () => {
    const folder = await uninterrupted();
    const rows = readOutput(folder, 'results.jsonl').trimEnd().split('\n');
    const base = rows.filter((row) =>
      row.includes('"round":0,"split":"test","mode":"zero-shot","metric":"exact_match",'),
    );
    expect(base).toHaveLength(4);
    expect(readOutput(folder, 'results.jsonl')).not.toMatch(/millisecond|second/);
    const metrics = rows.filter((row) => row.includes('"seed":1,"round":2,"split":"test"'));
    expect(metrics).toEqual([...metrics].sort());
  });

  it('tell what the workers held in memory, apart for labelling and training', async () => {
    const folder = freshFolder();
    const options = conductOptions(folder, fakeLab());
    await conduct(options);
    const manifest: unknown = JSON.parse(readOutput(folder, 'run.json'));
    const peak = (mebibytes: number) => ({ peak: { heap: mebibytes * 2 ** 20, arrays: null, gpu: 0 } });
    expect(manifest).toMatchObject({ devices: [{ memory: { labelling: peak(3), training: peak(5) } }] });
    expect(options.said.join('\n')).toContain(
      'Held in memory at most: 3 MiB for labelling, 5 MiB for training.',
    );
  });

  it('stand beside samples whose prompts show the demonstrations, and predictions by label', async () => {
    const folder = await uninterrupted();
    const [sample = ''] = readOutput(folder, 'samples.jsonl').split('\n');
    expect(JSON.parse(sample)).toMatchObject({ task: 'colours', arm: 'soft+', round: 1, verdict: 'kept' });
    expect(sample.match(/Colour: /g)).toHaveLength(3);
    const [prediction] = readOutput(folder, 'predictions.jsonl')
      .split('\n')
      .filter((line) => line.includes('"test","mode":"zero-shot"'));
    expect(JSON.parse(prediction ?? '')).toMatchObject({
      label_logprobs: [{ label: 'red' }, { label: 'green' }, { label: 'blue' }],
    });
  });
});

describe('a folder', () => {
  it('that is there is refused without --resume', async () => {
    const folder = await uninterrupted();
    await expect(conduct(conductOptions(folder, fakeLab()))).rejects.toThrow(/is there already.*--resume/);
  });

  it.each([
    [{ seeds: [1, 3] }, 'seeds was [1,2], now it is [1,3]'],
    [{ shared: { ...FILE.shared, epochs: 2 } }, 'arms.soft+.epochs was 1, now it is 2'],
    [{ arms: FILE.arms.slice(0, 1) }, 'arms.frozen was'],
  ])('of another experiment is refused, the difference named: %j', async (change, said) => {
    const folder = await uninterrupted();
    const before = OUTPUTS.map((name) => readOutput(folder, name));
    const inputs = inputsOf({ ...FILE, ...change });
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true, inputs }));
    await expect(work).rejects.toThrow(said);
    expect(OUTPUTS.map((name) => readOutput(folder, name))).toEqual(before);
  });

  it('of another model is refused', async () => {
    const folder = await uninterrupted();
    const inputs = { ...inputsOf(), modelSha256: 'another' };
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true, inputs }));
    await expect(work).rejects.toThrow('modelSha256 was "of the model", now it is "another"');
  });

  it('that another process works in is refused', async () => {
    const folder = await uninterrupted();
    writeFileSync(join(folder, 'lock'), String(process.ppid));
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    await expect(work).rejects.toMatchObject({ code: 'busy' });
  });

  it('that another process of this machine works in is refused, the process and the lock named', async () => {
    const folder = await uninterrupted();
    writeFileSync(join(folder, 'lock'), `${process.ppid}\n${hostname()}\n`);
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    await expect(work).rejects.toThrow(`Process ${process.ppid} is working in ${folder}`);
    await expect(work).rejects.toMatchObject({ code: 'busy' });
  });

  it('that a process of another machine may work in is refused, and says how to go on if it has ended', async () => {
    const folder = await uninterrupted();
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(folder, 'lock'), `${pid}\nsome-other-machine\n`);
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    await expect(work).rejects.toThrow(/machine some-other-machine .*if it has ended, delete .*lock/);
  });

  it('is taken by one of many that come at once, over a stale lock too, and by the others afterwards', async () => {
    const folder = await uninterrupted();
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(folder, 'lock'), `${pid}\n${hostname()}\n`);
    const before = OUTPUTS.map((name) => readOutput(folder, name));
    const command = () => conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    const ends = await Promise.allSettled(Array.from({ length: 8 }, command));
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(8);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'busy' });
    expect(await command()).toBe(0);
    expect(OUTPUTS.map((name) => readOutput(folder, name))).toEqual(before);
    expect(readdirSync(folder).filter((name) => /lock|part/.test(name))).toEqual([]);
  });

  it('whose lock was left by a process that is gone is taken over', async () => {
    const folder = await uninterrupted();
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(folder, 'lock'), String(pid));
    expect(await conduct(conductOptions(folder, fakeLab(), { isResumed: true }))).toBe(0);
    writeFileSync(join(folder, 'lock'), '');
    expect(await conduct(conductOptions(folder, fakeLab(), { isResumed: true }))).toBe(0);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  it('with an adapter that is not the trained one is refused', async () => {
    const folder = freshFolder();
    await expect(conduct(conductOptions(folder, fakeLab({ eventsPerLife: 12 })))).rejects.toThrow();
    const file = join(folder, 'adapters', 'colours', 'soft+', '1', '1', 'adapter_model.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const work = conduct(conductOptions(folder, fakeLab(), { isResumed: true }));
    await expect(work).rejects.toThrow(/does not hold the adapter/);
  });
});

describe('what an experiment says of its runs', () => {
  const manifestOf = (folder: string): unknown => JSON.parse(readOutput(folder, 'run.json'));

  it('names chance and the commonest answer beside the scores, and the scores that are not above them', async () => {
    const folder = freshFolder();
    const options = conductOptions(folder, fakeLab());
    expect(await conduct(options)).toBe(0);
    const said = options.said.join('\n');
    expect(said).toMatch(
      /without any model: chance 0\.333, majority 0\.\d{3} \(the commonest answer, always\), of the 12 test/,
    );
    expect(manifestOf(folder)).toMatchObject({
      status: 'finished',
      runs: [
        { ended: null, lost: [], floors: { metric: 'exact_match', chance: 1 / 3, items: 12 } },
        {},
        {},
        {},
      ],
    });
  });

  it('says why a run ended before its last round: in its line, under the table and in run.json', async () => {
    const folder = freshFolder();
    // All answers are dropped: none has a perplexity as low as that.
    const shared = { ...FILE.shared, labelSetFilter: true, maxPerplexity: 0.5 };
    const options = conductOptions(folder, fakeLab(), { inputs: inputsOf({ ...FILE, shared }) });
    expect(await conduct(options)).toBe(0);
    const words = /ended in round 1: nothing was kept by the filters \(\d+ of \d+: perplexity too high\)/;
    expect(options.said.filter((line) => words.test(line) && line.includes('done in'))).toHaveLength(4);
    expect(options.said.some((line) => /^ {2}frozen, seeds 1, 2: ended in round 1/.test(line))).toBe(true);
    expect(manifestOf(folder)).toMatchObject({
      status: 'finished, some runs ended early',
      runs: [1, 2, 3, 4].map(() => ({ ended: expect.stringMatching(words) as string })),
    });
  });
});
