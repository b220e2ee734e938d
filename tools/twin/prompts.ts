/** @file What the bundled model is asked, in its own tokens: the seed's draws, and prompts of every kind. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { LabError } from '../../src/core/errors.ts';
import { anything, array, objectWith, parse, text } from '../../src/core/shape.ts';
import type { ChatTemplate } from '../../src/formats/chat-template.ts';
import { noTemplate } from '../../src/formats/chat-template.ts';
import type { FileSource } from '../../src/formats/file-source.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import { bm25 } from '../../src/lab/retrieval.ts';
import { Encoder } from '../../src/lab/encoder.ts';
import type { Item } from '../../src/method/items.ts';
import type { Ports } from '../../src/method/ports.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { armOf } from '../../src/words/plan.ts';
import { nodeSource } from '../node-source.ts';
import { scriptedPorts } from './scripted.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const SMALL = {
  rounds: 2,
  promptsPerRound: 6,
  poolSize: 12,
  testItems: 5,
  validationItems: 4,
  probeItems: 3,
};
const WANTED = [
  { task: 'two-cue-topic', seed: 1, positions: 512, set: {} },
  {
    task: 'fact-choice',
    seed: 2,
    positions: 512,
    set: { template: 'mixed', preamble: 'Be brief.\n', demonstrations: 3 },
  },
  { task: 'style-answer', seed: 3, positions: 512, set: { drawing: 'retrieved', tokenDropout: 0.3 } },
  { task: 'topic-8', seed: 4, positions: 60, set: { drawing: 'fixed', template: 'one-shot' } },
] as const;

/** Ports whose text is this folder's tokenizer's. */
async function tokenPorts(source: FileSource, positions: number): Promise<Ports> {
  const tokenizer = await loadTokenizer(source);
  if (tokenizer === null) throw new Error(`${source.label} has no tokenizer`);
  const chat = (): ChatTemplate => {
    if (tokenizer.chat === null) throw noTemplate(source.label);
    return tokenizer.chat;
  };
  const inference = {
    encode: ({
      texts,
      addSpecialTokens,
    }: {
      readonly texts: readonly string[];
      readonly addSpecialTokens: boolean;
    }) => Promise.resolve(texts.map((text) => tokenizer.encode(text, { addSpecialTokens }))),
  };
  const encoder = new Encoder(inference, new AbortController().signal);
  return {
    ...scriptedPorts(positions, []),
    encode: (texts: readonly string[]) => encoder.encode(texts),
    prefixIds: () => encoder.prefixIds(),
    chat: {
      write: (conversations, isOpen = false) =>
        Promise.resolve(
          conversations.map((messages) => {
            const text = chat().write(messages, isOpen);
            return { text, ids: tokenizer.encode(text, { addSpecialTokens: false }) };
          }),
        ),
      frame: () => Promise.resolve(chat().frame()),
    },
    retriever: bm25,
  };
}

const idsOf = (items: readonly Item[]): readonly string[] => items.map(({ row }) => row.id);

async function drawn({ task, seed, positions, set }: (typeof WANTED)[number]) {
  const ports = await tokenPorts(nodeSource(`${ROOT}public/models/nano`), positions);
  const read = await readTask(nodeSource(`${ROOT}public/icl-pool/${task}`));
  const plan = { task: read, arm: armOf('arm', 'soft', { ...SMALL, ...set }), seed };
  const run = await RunContext.open(plan, ports);
  const [first, second] = run.prompts;
  const [tested] = run.items.test;
  if (first === undefined || second === undefined || tested === undefined) throw new Error('nothing drawn');
  const labelled = await run.labelled(first, 'label', 1);
  const own = labelled.demonstrations.map(({ row }) => row.id);
  const hidden = await run.hiding(second, 0.4, run.key('hide'));
  const prompts = {
    label: labelled,
    vote: await run.labelled(first, 'label, vote 2', 2),
    few: await run.evaluated(tested, 'few-shot'),
    zero: run.zeroShot(tested),
    taught: run.taught(first, own, 1),
    taughtBare: run.taught(second, [], 2),
    hidden: run.zeroShot(hidden),
    question: await run.question('who sang the old song', 8),
  };
  return {
    ...{ task, seed, positions, set, maxNewTokens: run.maxNewTokens, k: run.k },
    ...{ pool: idsOf(run.pool), prompts: idsOf(run.prompts), reserves: run.reserves.map(idsOf) },
    items: Object.fromEntries(Object.entries(run.items).map(([split, items]) => [split, idsOf(items)])),
    ...{ rowsLeftOut: run.rowsLeftOut, answers: await run.answerIds(['yes', ' two  words ', 'naïve 😀']) },
    made: Object.fromEntries(
      await Promise.all(
        Object.entries(prompts).map(async ([name, prompt]) => {
          const { ids, demonstrations, leftOut } = await prompt;
          return [name, { ids, demonstrations: idsOf(demonstrations), leftOut }] as const;
        }),
      ),
    ),
  };
}

const TEXTS = ['a', ' a', 'Hello world', 'naïve 😀', '\n\n', 'tabs\tand  spaces ', '<s>', '日本'];

async function tokens(folder: string) {
  const ports = await tokenPorts(nodeSource(`${ROOT}${folder}`), 512);
  return { folder, prefix: await ports.prefixIds(), texts: TEXTS, ids: await ports.encode(TEXTS) };
}

const CHATS = [
  { task: 'topic-4', positions: 4096, set: { chat: 'turns', preamble: 'Be brief.\n' } },
  { task: 'fact-choice', positions: 4096, set: { chat: 'one-turn', template: 'mixed' } },
  { task: 'topic-4', positions: 250, set: { chat: 'turns', system: 'Name the topic.', maxNewTokens: 8 } },
  {
    task: 'style-answer',
    positions: 4096,
    set: { chat: 'turns', isaraShows: 'questions', isaraNeighbours: 2 },
  },
] as const;

/** Tokenizers with chat templates (python/chat_fixtures.py). */
const CHAT_MODELS = objectWith({
  models: array(objectWith({ name: text, tokenizer: anything, config: anything })),
});

const chatSource = (name: string, files: Readonly<Record<string, unknown>>): FileSource =>
  memorySource(
    new Map(Object.entries(files).map(([path, json]) => [path, utf8ToBytes(JSON.stringify(json))])),
    name,
  );

/** In words where the template refuses. */
async function spoken(ports: Ports, { task, set }: (typeof CHATS)[number]) {
  const read = await readTask(nodeSource(`${ROOT}public/icl-pool/${task}`));
  const plan = { task: read, arm: armOf('arm', 'soft', { ...SMALL, ...set }), seed: 5 };
  try {
    const run = await RunContext.open(plan, ports);
    const [first] = run.prompts;
    if (first === undefined) throw new Error('nothing drawn');
    const labelled = await run.labelled(first, 'label', 1);
    const own = labelled.demonstrations.map(({ row }) => row.id);
    const prompts = {
      label: labelled,
      zero: run.zeroShot(first),
      taught: await run.taught(first, own, 1),
      question: await run.question('who sang the old song', 8),
    };
    return {
      ...{ maxNewTokens: run.maxNewTokens, ends: run.answering.eosTokenIds, pool: idsOf(run.pool) },
      ...{ completion: first.completion.ids, answers: await run.answerIds(['yes', ' two']) },
      ...{ frame: await ports.chat.frame(), rowsLeftOut: run.rowsLeftOut },
      made: Object.fromEntries(
        Object.entries(prompts).map(([name, { ids, demonstrations, leftOut, messages }]) => [
          name,
          { ids, demonstrations: idsOf(demonstrations), leftOut, messages },
        ]),
      ),
    };
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return { refusal: thrown.code };
  }
}

/** Of every tokenizer with a template, and of one without. */
async function chats() {
  const file = await readFile(`${ROOT}test/fixtures/chat.json`, 'utf8');
  const { models } = parse(CHAT_MODELS, JSON.parse(file), 'chat.json', 'internal');
  const sources = [
    ...models.map(({ name, tokenizer, config }) =>
      chatSource(name, { 'tokenizer.json': tokenizer, 'tokenizer_config.json': config }),
    ),
    nodeSource(`${ROOT}public/models/nano`),
  ];
  const found = [];
  for (const source of sources)
    for (const wanted of CHATS) {
      const ports = await tokenPorts(source, wanted.positions);
      found.push({ model: source.label, ...wanted, ...(await spoken(ports, wanted)) });
    }
  return found;
}

export async function promptFixtures() {
  return {
    tokens: await Promise.all(['public/models/nano', 'test/fixtures/tokenizer'].map(tokens)),
    shared: SMALL,
    drawn: await Promise.all(WANTED.map(drawn)),
    chats: await chats(),
  };
}
