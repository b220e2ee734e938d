/** @file Runs whose prompts are a chat's: labels, training, questions, rows for TRL, and words where no model is there. */
import { describe, expect, it } from 'vitest';
import { planSizes, readLengths, specimensOf } from '../../src/lab/lengths.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { promptInWords, wholeText } from '../../src/method/prompt-text.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { roundOf } from '../../src/method/state.ts';
import { trainedTexts } from '../../src/method/trained-texts.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';

type Set = Readonly<Record<string, unknown>>;
const SMALL = {
  rounds: 2,
  promptsPerRound: 8,
  batchSize: 4,
  epochs: 1,
  poolSize: 12,
  testItems: 6,
  fewShotItems: 4,
};
/** Between turns of the toy template, and where its assistant speaks. */
const [BEGIN, END] = ['\u2402', '\u2403'];
const SPEAKS = `${BEGIN}assistant\n`;

async function runOf(method: MethodName, set: Set, task: Task = fakeTask()) {
  const plan = { task, arm: armOf(method, method, { ...SMALL, ...set }), seed: 3 };
  const say = (prompt: string, answer: string) =>
    prompt.endsWith('Thing:') ? `a sky never seen ${prompt.length} ${prompt.at(-40) ?? ''}` : answer;
  const { ports, recorded } = fakePorts({ say });
  const loop = bootstrap(plan, ports);
  let next = await loop.next();
  while (next.done !== true) next = await loop.next();
  const asked = recorded.generated.flatMap(({ rows, config }) =>
    rows.map(({ key, ids }) => ({ key, prompt: textOf(ids), config })),
  );
  return { plan, state: next.value, recorded, asked, run: await RunContext.open(plan, ports) };
}
const turnsIn = (prompt: string): readonly string[] =>
  prompt
    .split(BEGIN)
    .slice(1)
    .map((turn) => turn.slice(0, turn.indexOf('\n')));

describe('SOFT in a chat', () => {
  it('shows demonstrations as turns, teaches the answer with the end of its turn, and scores bare labels', async () => {
    const { asked, recorded, state } = await runOf('soft', { chat: 'turns', system: 'Name the colour.' });
    const labelled = asked.filter(({ key }) => key.startsWith('label/'));
    expect(labelled).toHaveLength(16);
    for (const { prompt, config } of labelled) {
      const shown = ['user', 'assistant', 'user', 'assistant', 'user', 'assistant'];
      expect(turnsIn(prompt)).toEqual(['system', ...shown, 'user', 'assistant']);
      expect(prompt).toContain('Name the colour.');
      expect(config).toMatchObject({ eosTokenIds: [END.charCodeAt(0)], stopStrings: ['\n'] });
    }
    for (const { promptIds, completionIds } of recorded.trained.flatMap(({ examples }) => examples)) {
      expect(turnsIn(textOf(promptIds))).toEqual(['system', 'user', 'assistant']);
      expect(textOf(promptIds).endsWith(SPEAKS)).toBe(true);
      expect(textOf(completionIds)).toMatch(/^(red|green|blue)\u2403$/);
    }
    const scored = recorded.scored.flatMap(({ rows }) =>
      rows.map(({ completionIds }) => textOf(completionIds)),
    );
    expect(new Set(scored)).toEqual(new Set(['red', 'green', 'blue']));
    expect(roundOf(state, 2).adapter).not.toBeNull();
  });

  it('shows them as one text in one turn, with the preamble, and labels constrained', async () => {
    const set = { chat: 'one-turn', preamble: 'Be right.\n', decoding: 'constrained' };
    const { recorded, state } = await runOf('soft', set);
    const prompts = recorded.scored.flatMap(({ rows }) => rows.map(({ promptIds }) => textOf(promptIds)));
    const few = prompts.filter((prompt) => prompt.includes('Be right.'));
    for (const prompt of few) {
      expect(turnsIn(prompt)).toEqual(['user', 'assistant']);
      expect(prompt).toMatch(
        /^\u2402user\nBe right\.\n(Thing: .*\nColour: (red|green|blue)\n){3}Thing: .*\nColour:\u2403/,
      );
    }
    expect(few.length).toBeGreaterThan(0);
    expect(
      roundOf(state, 1).samples.map(({ answer }) => ['red', 'green', 'blue'].includes(answer)),
    ).not.toContain(false);
  });

  it('keeps demonstrations before trained examples as the template says, in the chat’s own way', async () => {
    const mixed = { template: 'mixed', demonstrationShare: 1, demonstrationsKept: 2 };
    const trained = async (chat: string) => {
      const { recorded } = await runOf('soft', { ...mixed, chat });
      return recorded.trained.flatMap(({ examples }) => examples.map(({ promptIds }) => textOf(promptIds)));
    };
    for (const prompt of await trained('turns')) expect(turnsIn(prompt)).toHaveLength(6);
    for (const prompt of await trained('one-turn')) {
      expect(turnsIn(prompt)).toHaveLength(2);
      expect(prompt.match(/Thing: /g)).toHaveLength(3);
    }
  });

  it('leaves rows of turns for TRL, which its template makes the trained tokens of', async () => {
    const mixed = { template: 'mixed', demonstrationShare: 0.5, demonstrationsKept: 1 };
    const { run, state, recorded } = await runOf('soft', { ...mixed, chat: 'turns', system: 'Name it.' });
    const rows = await trainedTexts(run, state, 1, () => Promise.reject(new Error('nothing to decode')));
    const write = async (messages: Parameters<typeof run.ports.chat.write>[0][number]) =>
      (await run.ports.chat.write([messages]))[0]?.text;
    expect(rows).toHaveLength(8);
    for (const [i, { prompt, completion }] of rows.entries()) {
      if (typeof prompt === 'string' || typeof completion === 'string') throw new Error('a chat has turns');
      const { promptIds = [], completionIds = [] } = recorded.trained[0]?.examples[i] ?? {};
      expect(await write(prompt)).toBe(textOf(promptIds));
      expect(await write([...prompt, ...completion])).toBe(
        `${textOf([...promptIds, ...completionIds])}\n${SPEAKS}`,
      );
    }
  });

  it('is what plain text was where chat is off', async () => {
    const { asked, run, state } = await runOf('soft', {});
    expect(asked.every(({ prompt }) => !prompt.includes(BEGIN))).toBe(true);
    const [row] = await trainedTexts(run, state, 1, () => Promise.resolve([]));
    expect(row?.completion).toMatch(/^ \w+\n$/);
  });
});

describe('a generation task in a chat', () => {
  it('is answered and taught by whole turns', async () => {
    const task = fakeTask();
    const { recorded, state } = await runOf(
      'soft',
      { chat: 'turns' },
      {
        ...task,
        definition: { ...task.definition, kind: 'generation', labels: [] },
      },
    );
    expect(roundOf(state, 1).samples.some(({ verdict }) => verdict === 'kept')).toBe(true);
    for (const { completionIds } of recorded.trained.flatMap(({ examples }) => examples))
      expect(textOf(completionIds).endsWith(END)).toBe(true);
  });
});

describe('ISARA in a chat', () => {
  it.each([
    ['turns', 'pairs', 7],
    ['one-turn', 'pairs', 1],
    // Without answers there are no turns to show.
    ['turns', 'questions', 1],
  ])('goes on with a user’s open turn for a new question: %s, %s', async (chat, isaraShows, turns) => {
    const { asked, state } = await runOf('isara', { chat, isaraShows, rounds: 1 });
    const questions = asked.filter(({ key }) => key.startsWith('question/'));
    expect(questions.length).toBeGreaterThan(0);
    for (const { prompt, config } of questions) {
      expect(prompt.endsWith('Thing:')).toBe(true);
      expect(turnsIn(prompt)).toHaveLength(turns);
      expect(prompt.match(/Colour:/g) ?? []).toHaveLength(isaraShows === 'pairs' ? 3 : 0);
      expect(config.stopStrings).toEqual(['\n']);
    }
    const answers = asked.filter(({ key }) => key.startsWith('answer/'));
    expect(answers.length).toBeGreaterThan(0);
    for (const { prompt } of answers) expect(prompt.endsWith(SPEAKS)).toBe(true);
    expect(roundOf(state, 1).adapter).not.toBeNull();
  });
});

describe('a chat’s prompt where no model is', () => {
  it('is its turns, roles in brackets, and says so', () => {
    const { knobs } = armOf('soft', 'soft', { chat: 'turns', system: 'Name it.', preamble: 'So:\n' });
    const { parts, messages } = promptInWords(fakeTask(), 'a sky', ['pool-1'], knobs);
    const { input, output } = fakeTask().splits.pool[1] ?? { input: '', output: '' };
    expect(messages).toEqual([
      { role: 'system', content: 'Name it.' },
      { role: 'user', content: `So:\nThing: ${input}\nColour:` },
      { role: 'assistant', content: output },
      { role: 'user', content: 'Thing: a sky\nColour:' },
    ]);
    expect(wholeText(parts)).toBe(
      `[system]\nName it.\n[user]\nSo:\nThing: ${input}\nColour:\n[assistant]\n${output}\n[user]\nThing: a sky\nColour:\n[assistant]\n`,
    );
    expect(parts).toMatchObject({
      isInWords: true,
      demonstrations: [{ id: 'pool-1', completion: { text: output } }],
    });
    expect(promptInWords(fakeTask(), 'a sky', null, { ...knobs, chat: 'off' })).toEqual({
      messages: null,
      parts: { preamble: null, demonstrations: [], prompt: { text: 'Thing: a sky\nColour:' } },
    });
  });
});

describe('the prediction', () => {
  it.each([
    { chat: 'turns' },
    { chat: 'turns', system: 'Name the colour of the thing in one word.' },
    { chat: 'one-turn' },
    { chat: 'one-turn', system: 'Name the colour of the thing in one word.', preamble: 'Be right.\n' },
    { preamble: 'Name the colour of each thing.\n' },
  ])('reckons with what chat, system and preamble add to every prompt: %j', async (set) => {
    const lengthsOf = async (knobs: Set) => {
      const { asked, plan, run } = await runOf('soft', knobs);
      const sizes = planSizes(plan, await readLengths(run.ports, specimensOf(plan.task)), []);
      const sent = (demonstrations: number) => {
        const own = asked.filter(({ prompt }) => prompt.split('Thing: ').length === demonstrations + 2);
        expect(own.length).toBeGreaterThan(8);
        return own.reduce((sum, { prompt }) => sum + prompt.length, 0) / own.length;
      };
      return { few: [sizes.fewShotTokens, sent(3)], zero: [sizes.zeroShotTokens, sent(0)] };
    };
    const [plain, chat] = [await lengthsOf({}), await lengthsOf(set)];
    // The same rows and draws: what is left is the template's, and the system message's own.
    for (const kind of ['few', 'zero'] as const) {
      const [predicted = 0, sent = 0] = chat[kind].map((length, i) => length - (plain[kind][i] ?? NaN));
      if (kind === 'few' || 'chat' in set) expect(sent).toBeGreaterThan(10);
      expect(Math.abs(predicted - sent)).toBeLessThan(1);
    }
  });
});
