/** @file What is read of texts: scores of an answer, retrieval, what repeats, the order by perplexity. */
import { deriveKey, integerAt, uniformAt } from '../../src/core/random.ts';
import { bm25 } from '../../src/lab/retrieval.ts';
import { verdictOf } from '../../src/method/filters.ts';
import { orderedWithin, rankedParts } from '../../src/method/order.ts';
import { finalAnswer, normaliseLabel, normaliseSquad, rougeL, tokenF1 } from '../../src/metrics/metrics.ts';
import { pairedItems } from '../../src/metrics/statistics.ts';
import type { Ranked, Sample } from '../../src/words/events.ts';
import { knobs } from '../../src/words/knobs.ts';
import { toyTask } from './toys.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

const TEXTS = [
  ...[
    '',
    ' ',
    'The cat sat on the mat.',
    'the CAT sat, on a mat',
    'a an the',
    'The “theatre” is an-other',
    'Ünïcode İstanbul ΣΑΣ',
  ],
  ...[
    '日本語のテキスト',
    '日本 語',
    'ไทยแลนด์',
    'emoji 😀 and 😀',
    '...',
    '\u00a0nbsp\u2003em\u2028line\ufeff',
    'x\u001fy \u0085 z',
  ],
  ...[
    'the quick brown fox jumps over the lazy dog',
    'quick fox the dog',
    '1,000.5 and 1000.5',
    "can’t can't",
    'naïve café',
    'a_the b',
  ],
];
const WORDS = ['rain', 'Rain', 'river', 'old', 'song', 'bread', 'lamp.', 'naïve', '—', 'of', 'ΣΑΣ', '漢字'];

const sentence = (key: number, i: number) =>
  upTo(integerAt(key, 100 * i, 9))
    .map((at) => WORDS[integerAt(key, 100 * i + at + 1, WORDS.length)] ?? '')
    .join(integerAt(key, 100 * i + 99, 4) === 0 ? ', ' : ' ');

async function retrieval() {
  const key = deriveKey('retrieval');
  const texts = [...upTo(40).map((i) => sentence(key, i)), 'rain rain rain', 'song; song', ''];
  const queries = [
    ...upTo(40).map((i) => sentence(deriveKey('query'), i)),
    '',
    '???',
    'rain RAIN',
    'nothing here',
  ];
  const found = await bm25(texts);
  return {
    texts,
    queries: await Promise.all(
      queries.map(async (query) => ({ query, nearest: await found.nearest(query, 12) })),
    ),
  };
}

const ranking = (key: number, count: number): Ranked[] =>
  upTo(count).map((i) => ({
    id: `row-${integerAt(key, 5 * i, 1000)}-${i}`,
    answer: ['food', ' Food', 'music', 'travel', `once ${i}`][integerAt(key, 5 * i + 1, 5)] ?? '',
    // Some are equal, some unknown.
    perplexity: i % 7 === 3 ? Number.MAX_VALUE : 1 + Math.floor(uniformAt(key, 5 * i + 2) * 8) / 4,
    tokens: integerAt(key, 5 * i + 3, 6),
  }));

function orders() {
  const sets = [
    ...(['random', 'easy-first', 'hard-first'] as const).flatMap((acrossRounds) => [
      { acrossRounds, balanced: false },
      { acrossRounds, balanced: true },
    ]),
  ];
  const ranked = ranking(deriveKey('ranking'), 26);
  // By UTF-16 units the last stands before the one above it.
  const strange = ['row-unknown', 'row-ärger', 'row-\ue000', 'row-😀'];
  const ids = [...ranked.slice(6).map(({ id }) => id), ...strange];
  return {
    ...{ ids, ranking: ranked },
    parts: sets.map((set) => {
      const whole = { rounds: 3, promptsPerRound: 8, ...set };
      return { set: whole, parts: rankedParts(ids, ranked, knobs(whole), 5) };
    }),
    within: (['easy-first', 'hard-first'] as const).map((withinRound) => {
      const samples = ranked.map(({ id, perplexity }, i): Sample => ({
        ...{ id, input: '', demonstrations: [], answer: '', ids: [], logprobs: [], finishReason: 'eos' },
        ...{ verdict: 'kept', key: '', isRight: null, perplexity: i % 5 === 0 ? null : perplexity },
      }));
      return { withinRound, ids: orderedWithin(samples, knobs({ withinRound })).map(({ id }) => id) };
    }),
  };
}

function verdicts() {
  const key = deriveKey('verdicts');
  const answers = [
    'food',
    'Food ',
    'none',
    '',
    'the music',
    'a b a b a b a b',
    'go go go',
    'x y z '.repeat(9),
    sentence(key, 3),
  ];
  const looped = [
    upTo(30).map((i) => i % 3),
    // Two times and a half: no run, but few different 4-grams.
    upTo(29).map((i) => i % 11),
    upTo(30),
    upTo(30).map((i) => (i < 20 ? i % 7 : i)),
    [1, 1, 1, 1, 1, 1, 1],
    [],
  ];
  return (['classification', 'generation'] as const).flatMap((kind) => {
    const { definition } = toyTask(kind);
    return answers.flatMap((answer, a) =>
      looped.map((ids, l) => {
        const draft = {
          ...({ answer: answer.trim(), ids, finishReason: (a + l) % 6 === 5 ? 'length' : 'eos' } as const),
          ...{ perplexity: l === 4 ? null : 1 + a, demonstrationAnswers: ['The Music', 'travel'] },
        };
        const set = {
          labelSetFilter: l % 2 === 0,
          maxPerplexity: l === 1 ? 4 : 0,
          degenerateFilter: a !== 7,
        };
        return { kind, ...draft, set, verdict: verdictOf(draft, definition, knobs(set)) };
      }),
    );
  });
}

function paired() {
  const key = deriveKey('paired');
  return [5, 8, 30].map((count) => {
    const scores = (from: number) =>
      upTo(count).map((i) => [`item-${i + (from % 3)}`, integerAt(key, from + i, 2)] as const);
    const [a, b] = [scores(1000), scores(2000)];
    return { a, b, found: pairedItems(new Map(a), new Map(b)) };
  });
}

/** Answers with their working, as GSM8K's. */
const FINALS: readonly (readonly [text: string, mark: string])[] = [
  ['so 1,200 eggs. #### $1,200', '####'],
  ['#### 1200.0', '####'],
  ['first #### 3 then #### -4.', '####'],
  ['#### +.5', '####'],
  ['#### 1e5', '####'],
  ['#### 123456789012345678901234', '####'],
  ['#### The Cat', '####'],
  ['#### -0', '####'],
  ['#### \u00a07 \u00a3', '####'],
  ['nothing', '####'],
  ['#### ', '####'],
  ['The answer is: b.', 'answer is:'],
];

export async function textFixtures() {
  return {
    finals: FINALS.map(([text, mark]) => ({ text, mark, final: finalAnswer(text, mark) })),
    normal: TEXTS.map((text) => ({ text, label: normaliseLabel(text), squad: normaliseSquad(text) })),
    pairs: TEXTS.flatMap((a, i) =>
      [1, 2, 5, 9].map((step) => {
        const b = TEXTS[(i + step) % TEXTS.length] ?? '';
        return { a, b, tokenF1: tokenF1(a, [b, 'mat']), rougeL: rougeL(a, b) };
      }),
    ),
    retrieval: await retrieval(),
    orders: orders(),
    verdicts: verdicts(),
    paired: paired(),
  };
}
