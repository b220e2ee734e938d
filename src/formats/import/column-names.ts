/** @file The names under which published datasets keep inputs, answers and choices. */

/** A name without case, spaces, hyphens and underscores; of a nested field its last part. */
export function plainName(name: string): string {
  return name
    .slice(name.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
}

/** Two texts whose relation is asked for; in reading order, the first set that is there is taken. */
export const PAIR_SETS: readonly (readonly string[])[] = [
  ['premise', 'hypothesis'],
  ['word', 'sentence1', 'sentence2'],
  ['sentence1', 'sentence2'],
  ['question1', 'question2'],
  ['text1', 'text2'],
  ['texta', 'textb'],
  ['#1string', '#2string'],
  ['s1', 's2'],
  ['sent1', 'sent2'],
  ['sentencea', 'sentenceb'],
  ['passage', 'question'],
  ['context', 'question'],
  ['question', 'sentence'],
  ['question', 'passage'],
  ['question', 'answer'],
  ['query', 'passage'],
  ['query', 'document'],
  ['query', 'title'],
  ['claim', 'evidence'],
  ['claim', 'context'],
  ['text', 'hypothesis'],
  ['sentence', 'aspect'],
  ['text', 'aspect'],
  ['tweet', 'target'],
  ['text', 'target'],
];
/** A passage and what is asked about it. */
export const PASSAGE_NAMES: readonly string[] = [
  ...[
    'context',
    'passage',
    'article',
    'paragraph',
    'story',
    'document',
    'background',
    'facts',
    'premise',
    'para',
  ],
];
export const QUESTION_NAMES: readonly string[] = ['question', 'query', 'questionstem', 'stem'];
/** A heading and the text under it. */
export const HEADING_NAMES: readonly string[] = ['title', 'headline', 'subject', 'heading', 'summary'];
export const BODY_NAMES: readonly string[] = [
  ...['text', 'body', 'description', 'content', 'abstract', 'selftext', 'message', 'article', 'review'],
  ...['shortdescription', 'reviewtext', 'document', 'story', 'news'],
];
export const INSTRUCTION_NAMES: readonly string[] = ['instruction', 'instructions', 'task'];
export const MATERIAL_NAMES: readonly string[] = ['input', 'context', 'inputs'];

export const INPUT_NAMES: readonly string[] = [
  ...[
    'input',
    'question',
    'questionstem',
    'stem',
    'sentence',
    'text',
    'prompt',
    'instruction',
    'query',
    'goal',
  ],
  ...[
    'turns',
    'message',
    'utterance',
    'review',
    'content',
    'document',
    'article',
    'tweet',
    'comment',
    'post',
  ],
  ...[
    'body',
    'headline',
    'description',
    'startphrase',
    'ctx',
    'inputs',
    'source',
    'problem',
    'passage',
    'context',
  ],
  ...['premise', 'claim', 'statement', 'phrase', 'sms', 'email', 'data', 'title'],
];
/** What ends in one of these is a text: comment_text, tweet_text, clean_text. */
export const INPUT_ENDINGS: readonly string[] = [
  'text',
  'sentence',
  'question',
  'review',
  'tweet',
  'comment',
  'message',
];
export const isInputName = (plain: string): boolean =>
  INPUT_NAMES.includes(plain) || INPUT_ENDINGS.some((ending) => plain.endsWith(ending));

/** Columns that hold a label. */
export const LABEL_NAMES: readonly string[] = [
  ...[
    'labeltext',
    'labelname',
    'goldlabel',
    'label',
    'labels',
    'class',
    'classes',
    'classindex',
    'classname',
  ],
  ...['sentiment', 'intent', 'target', 'targets', 'emotion', 'emotions', 'gold', 'isduplicate', 'polarity'],
  ...[
    'quality',
    'stance',
    'tag',
    'tags',
    'category',
    'categories',
    'topic',
    'topics',
    'genre',
    'genres',
    'y',
  ],
  ...['finaldecision', 'verdict', 'stars', 'rating', 'language', 'lang'],
];
export const LABEL_ENDINGS: readonly string[] = [
  ...['label', 'sentiment', 'class', 'intent', 'emotion', 'category', 'polarity', 'topic'],
];
/** Columns that hold an answer in words, or the key of a choice. */
export const ANSWER_NAMES: readonly string[] = [
  ...['bestanswer', 'output', 'outputs', 'answer', 'answers', 'target', 'targets', 'completion', 'response'],
  ...['reply', 'summary', 'correctanswer', 'solution', 'chosen', 'highlights', 'translation', 'label'],
];
/** Columns that say which of several choices is right. */
export const KEY_NAMES: readonly string[] = [
  ...['answerkey', 'correctanswer', 'correctoption', 'correctchoice', 'correct', 'answeridx', 'answerindex'],
  ...[
    'answerletter',
    'answerid',
    'correctindex',
    'correctidx',
    'answer',
    'label',
    'cop',
    'gold',
    'goldindex',
  ],
  ...['rightanswer', 'target', 'key', 'answerrightending', 'solution', 'output', 'bestanswer'],
];
export const CHOICES_NAMES: readonly string[] = [
  'choices',
  'options',
  'endings',
  'candidates',
  'answers',
  'alternatives',
];
export const CORRECT_NAMES: readonly string[] = ['correctanswers', 'correctanswer', 'correct', 'rightanswer'];
export const INCORRECT_NAMES: readonly string[] = [
  ...['incorrectanswers', 'incorrectanswer', 'incorrect', 'wronganswers', 'wrong', 'distractors'],
];
export const GROUP_NAMES: readonly string[] = ['category', 'subject', 'topic', 'domain'];
export const REFERENCE_NAMES: readonly string[] = ['references'];

/** Names that a header has and prose has not. */
const KNOWN = new Set(
  [
    ...[INPUT_NAMES, LABEL_NAMES, ANSWER_NAMES, KEY_NAMES, CHOICES_NAMES, CORRECT_NAMES, INCORRECT_NAMES],
    ...[GROUP_NAMES, BODY_NAMES, HEADING_NAMES, ...PAIR_SETS],
  ].flat(),
);

export function isKnownColumn(name: string): boolean {
  return KNOWN.has(plainName(name));
}

/** Names that tell a row apart or say who made it, and are never what a model should read. */
export function isBookkeeping(name: string): boolean {
  const plain = plainName(name);
  return (
    /(^|[a-z])(id|ids|idx|uuid|guid|hash|url|uri|link|timestamp|created|createdat|updatedat|confidence|annotator)$/.test(
      plain,
    ) || /^(index|unnamed.*|leadtime|annotationid|licen[cs]e|date|time|split|fold)$/.test(plain)
  );
}
