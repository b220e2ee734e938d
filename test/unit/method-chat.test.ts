/** @file A chat's prompts and answers, token for token what transformers' apply_chat_template makes (python/chat_fixtures.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chatTemplate } from '../../src/formats/chat-template.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import type { Tokenizer } from '../../src/formats/tokenizer.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import type { ChatPort } from '../../src/method/chat.ts';
import type { TextPorts } from '../../src/method/items.ts';
import { promptMaker } from '../../src/method/prompt-maker.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import { expectLabError } from './formats-expect.ts';

interface Case {
  readonly chat: 'turns' | 'one-turn';
  readonly system: boolean;
  readonly preamble: boolean;
  readonly shots: readonly number[];
  readonly input: number;
  readonly open: boolean;
  readonly ids?: readonly number[];
  /** With the answer "positive", as a turn that is over. */
  readonly answered?: readonly number[];
  readonly refusal?: string;
}
interface Fixture {
  readonly pool: readonly (readonly [string, string])[];
  readonly inputs: readonly string[];
  readonly system: string;
  readonly preamble: string;
  readonly models: readonly {
    readonly name: string;
    readonly tokenizer: object;
    readonly config: object;
    readonly cases: readonly Case[];
  }[];
}
const FIXTURE = JSON.parse(readFileSync('test/fixtures/chat.json', 'utf8')) as Fixture;
const named = (wanted: string) => {
  const found = FIXTURE.models.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`no model ${wanted}`);
  return found;
};

const ROWS: readonly TaskRow[] = FIXTURE.pool.map(([input, output], i) => ({
  id: `pool-${i}`,
  input,
  output,
}));
const TASK: Task = {
  definition: {
    ...{ id: 'feelings', description: '', kind: 'classification', role: 'imported', metric: 'exact_match' },
    ...{
      labels: ['negative', 'positive'],
      template: 'Sentence: {input}\nLabel:',
      stop: '\n',
      k: 2,
      licence: 'MIT',
    },
  },
  splits: {
    ...{ pool: ROWS, prompts: [], validation: [], probe: [] },
    test: FIXTURE.inputs.map((input, i) => ({ id: `test-${i}`, input, output: 'positive' })),
  },
};

async function loaded({ tokenizer, config }: { readonly tokenizer: object; readonly config: object }) {
  const bytes = (json: object) => new TextEncoder().encode(JSON.stringify(json));
  const files = new Map([
    ['tokenizer.json', bytes(tokenizer)],
    ['tokenizer_config.json', bytes(config)],
  ]);
  const found = await loadTokenizer(memorySource(files));
  if (found?.chat == null) throw new Error('no template');
  return { tokenizer: found, chat: found.chat };
}

/** As the worker answers. */
function portsOf(tokenizer: Tokenizer, maxPositions = 4096, neighbours: readonly number[] = []): TextPorts {
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const chat: ChatPort = {
    write: (conversations, isOpen = false) =>
      Promise.resolve().then(() =>
        conversations.map((messages) => {
          const text = tokenizer.chat?.write(messages, isOpen) ?? '';
          return { text, ids: encode(text) };
        }),
      ),
    frame: () =>
      Promise.resolve().then(() => tokenizer.chat?.frame() ?? { before: '', after: null, endIds: [] }),
  };
  return {
    model: { name: 'm', sha256: '', maxPositions, learningRate: 4e-3, eosTokenIds: [] },
    encode: (texts) => Promise.resolve(texts.map(encode)),
    prefixIds: () => Promise.resolve(tokenizer.encode('').slice(0, 1)),
    retriever: (texts) => {
      const found = neighbours.map((i) => texts.indexOf(ROWS[i]?.input ?? ''));
      return Promise.resolve({ nearest: () => Promise.resolve(found) });
    },
    chat,
  };
}

const armOfCase = (
  { chat, system, preamble }: Pick<Case, 'chat' | 'system' | 'preamble'>,
  set: object = {},
) =>
  armOf('soft', 'soft', {
    ...{ chat, system: system ? FIXTURE.system : '', preamble: preamble ? FIXTURE.preamble : '', ...set },
  });

async function makerOf(wanted: Case, ports: TextPorts, set: object = {}) {
  const maker = await promptMaker({ task: TASK, arm: armOfCase(wanted, set), seed: 1 }, ports);
  const [row] = TASK.splits.test.slice(wanted.input);
  if (row === undefined) throw new Error('no input');
  const shots = await maker.itemsOf(wanted.shots.flatMap((i) => ROWS[i] ?? []));
  return { maker, item: await maker.itemOf(row), shots };
}

/** A prompt without demonstrations and preamble is the zero-shot one. */
async function madeOf(wanted: Case, tokenizer: Tokenizer) {
  // The nearest is asked for first and stands last.
  const ports = portsOf(tokenizer, 4096, wanted.shots.toReversed());
  const { maker, item, shots } = await makerOf(wanted, ports);
  if (wanted.open) return { maker, item, prompt: await maker.question('', 8) };
  const isAlone = shots.length === 0 && !wanted.preamble;
  return { maker, item, prompt: isAlone ? maker.zeroShot(item) : await maker.fewShot(item, shots) };
}

const nameOf = ({ chat, system, preamble, shots, open }: Case): string =>
  [chat, `${shots.length} shown`, system && 'system', preamble && 'preamble', open && 'open']
    .filter(Boolean)
    .join(', ');

describe.each(FIXTURE.models)('$name', (model) => {
  it.each(model.cases.map((wanted) => [nameOf(wanted), wanted] as const))('%s', async (_, wanted) => {
    const { tokenizer } = await loaded(model);
    if (wanted.refusal !== undefined) {
      await expectLabError(
        () => madeOf(wanted, tokenizer),
        'invalid-request',
        wanted.refusal,
        'system message',
      );
      return;
    }
    const { item, prompt } = await madeOf(wanted, tokenizer);
    expect(prompt.ids).toEqual(wanted.ids);
    expect(wholeText(prompt.parts)).toBe(tokenizer.decode(prompt.ids, { skipSpecialTokens: false }));
    expect(prompt.parts.demonstrations.map(({ id, completion }) => [id, completion.text])).toEqual(
      wanted.shots.map((i) => [`pool-${i}`, ROWS[i]?.output]),
    );
    if (wanted.open) return;
    // The answer that is taught is the assistant's turn, to the token that ends it.
    const taught = [...prompt.ids, ...item.completion.ids];
    expect(wanted.answered?.slice(0, taught.length)).toEqual(taught);
    expect(tokenizer.decode(wanted.answered?.slice(taught.length) ?? []).trim()).toBe('');
  });
});

describe('an answer', () => {
  it.each([
    ['chatml', '', '<|im_end|>'],
    ['gemma', '', '<end_of_turn>'],
    ['llama-3', '', '<|eot_id|>'],
    ['llama-2', ' ', ' </s>'],
    ['thinking', '', '<|im_end|>'],
    ['plain', ' ', null],
  ])('of %s begins and ends as its template says', async (name, before, after) => {
    const { tokenizer, chat } = await loaded(named(name));
    const endIds = after === null ? [] : tokenizer.encode(after.trim(), { addSpecialTokens: false });
    expect(chat.frame()).toEqual({ before, after, endIds });
    expect(endIds).toHaveLength(after === null ? 0 : 1);
    const [wanted] = named(name).cases;
    if (wanted === undefined) throw new Error('no case');
    const { maker, item } = await makerOf(wanted, portsOf(tokenizer));
    expect(item.completion.text).toBe(`${before}positive${after ?? '\n'}`);
    // Ended by the turn's end, and as without a template by the task's stop.
    expect(maker.answering).toMatchObject({ eosTokenIds: endIds, stopStrings: ['\n'] });
    // Labels are scored bare.
    const bare = TASK.definition.labels.map((label) =>
      tokenizer.encode(before + label, { addSpecialTokens: false }),
    );
    expect(await maker.answerIds(TASK.definition.labels)).toEqual(bare);
  });

  it('is scored with its end where one label begins another', async () => {
    const { tokenizer } = await loaded(named('chatml'));
    const labels = ['good', 'goodness', 'bad'];
    const task = { ...TASK, definition: { ...TASK.definition, labels } };
    const arm = armOfCase({ chat: 'turns', system: false, preamble: false });
    const maker = await promptMaker({ task, arm, seed: 1 }, portsOf(tokenizer));
    const [end] = tokenizer.chat?.frame().endIds ?? [];
    expect((await maker.answerIds(labels)).map((ids) => ids.at(-1))).toEqual([end, end, end]);
  });
});

describe('a prompt that is too long', () => {
  it.each(['turns', 'one-turn'] as const)('loses demonstrations from the front: %s', async (chat) => {
    const { tokenizer } = await loaded(named('chatml'));
    const wanted: Case = {
      ...{ chat, system: false, preamble: false, input: 0, open: false },
      shots: [0, 1, 2],
    };
    const { maker, item, shots } = await makerOf(wanted, portsOf(tokenizer));
    const two = await maker.fewShot(item, shots.slice(1));
    const limit = two.ids.length + maker.maxNewTokens;
    const tight = await makerOf(wanted, portsOf(tokenizer, limit), { maxNewTokens: maker.maxNewTokens });
    const cut = await tight.maker.fewShot(tight.item, tight.shots);
    expect(cut).toEqual({ ...two, demonstrations: tight.shots.slice(1), leftOut: 1 });
  });
});

describe('what does not go together is refused by name', () => {
  const open = async (set: Readonly<Record<string, unknown>>, name = 'chatml') => {
    const { tokenizer } = await loaded(named(name));
    await promptMaker({ task: TASK, arm: armOf('mine', 'soft', set), seed: 1 }, portsOf(tokenizer));
  };
  it('a system message without a chat', () =>
    expectLabError(() => open({ system: 'Be right.' }), 'invalid-request', 'Arm "mine"', 'preamble'));
  it('token dropout in a chat', () =>
    expectLabError(
      () => open({ chat: 'turns', tokenDropout: 0.1 }),
      'invalid-request',
      'tokenised whole',
      'tokenDropout',
    ));
  it('turns that a template does not take', () =>
    expectLabError(
      () => open({ chat: 'turns', system: 'x' }, 'gemma'),
      'invalid-request',
      'System role not supported',
    ));
});

describe('a template', () => {
  const written = (template: unknown, isOpen = false) =>
    chatTemplate(
      template,
      'the folder',
      new Map([
        ['<e>', 5],
        ['<e>>', 6],
      ]),
      (text, messages, variables) => rendered(text, messages, variables),
    )?.write([{ role: 'user', content: 'Hi' }], isOpen);
  let rendered: Parameters<typeof chatTemplate>[3] = () => '';
  it('that writes today’s date writes the same on every day', async () => {
    const model = named('chatml');
    const template = "\n{{ strftime_now('%A, %d %B %Y, %H:%M') }}{{ messages[0].content }}";
    const { chat } = await loaded({ ...model, config: { ...model.config, chat_template: template } });
    expect(chat.write([{ role: 'user', content: '' }], false)).toBe('\nFriday, 26 July 2024, 00:00');
  });
  it('is the one named default, of several', async () => {
    expect(written(null)).toBeUndefined();
    expect(written('')).toBeUndefined();
    rendered = (text) => text;
    expect(
      written([
        { name: 'rag', template: 'a' },
        { name: 'default', template: 'b' },
      ]),
    ).toMatch(/b$/);
    await expectLabError(
      () => written([{ name: 'rag', template: 'a' }]),
      'tokenizer-integrity',
      'the folder has chat templates without one that is named default: rag.',
      'chat_template.jinja',
    );
  });
  it('that leaves the open turn out is refused', async () => {
    rendered = () => 'nothing of it';
    await expectLabError(() => written('x', true), 'invalid-request', 'leaves the last turn out');
  });
});
