/**
 * @file The people of the world: names with their pronouns, kin and bystanders, and the facts that hold of each
 * named person (used by questions and by the fact-choice task).
 */

export type Pronoun = 'he' | 'she' | 'they' | 'I' | 'we' | 'you' | 'it';

/** Object and possessive forms. */
export const PRONOUN_FORMS: Readonly<Record<Pronoun, { object: string; possessive: string }>> = {
  he: { object: 'him', possessive: 'his' },
  she: { object: 'her', possessive: 'her' },
  they: { object: 'them', possessive: 'their' },
  I: { object: 'me', possessive: 'my' },
  we: { object: 'us', possessive: 'our' },
  you: { object: 'you', possessive: 'your' },
  it: { object: 'it', possessive: 'its' },
};

export const WOMEN =
  'Anna Mary Emma Lucy Sara Julia Clara Alice Ella Nora Ruth Jane Helen Laura Rosa Eva Grace Kate Sophie Lily Hanna Greta Ingrid Maud Nadia Olga Petra Selma Tessa Una Vera Wanda Yara Zoe Bella Carla Dora Edith Fiona Gwen Hilda Irma Joan Karin Linda Mona Nina Pearl Rita Stella'.split(
    ' ',
  );
export const MEN =
  'Tom John Peter Paul David Mark Jack Ben Sam Max Leo Adam Noah Luke Henry George James Robert Daniel Simon Albert Boris Carlos Dmitri Edgar Felix Gustav Hugo Ivan Jonas Karl Lars Milo Nils Oscar Pavel Quentin Ralph Stefan Theo Ulrich Victor Walter Xavier Yusuf Zeno Andre Bruno Cyril Dennis'.split(
    ' ',
  );

/** The first names of each list are met often, the later ones seldom. */
export const OFTEN = 20;

/** Subjects that say nothing of any topic. */
export const BYSTANDERS: readonly {
  readonly one: string;
  readonly many: string;
  readonly pronoun: 'he' | 'she' | 'they';
}[] = [
  { one: 'man', many: 'men', pronoun: 'he' },
  { one: 'woman', many: 'women', pronoun: 'she' },
  { one: 'boy', many: 'boys', pronoun: 'he' },
  { one: 'girl', many: 'girls', pronoun: 'she' },
  { one: 'old man', many: 'old men', pronoun: 'he' },
  { one: 'young woman', many: 'young women', pronoun: 'she' },
  { one: 'lady', many: 'ladies', pronoun: 'she' },
  { one: 'gentleman', many: 'gentlemen', pronoun: 'he' },
];

export const KIN: readonly { readonly one: string; readonly many: string; readonly pronoun: 'he' | 'she' }[] =
  [
    { one: 'mother', many: 'mothers', pronoun: 'she' },
    { one: 'father', many: 'fathers', pronoun: 'he' },
    { one: 'sister', many: 'sisters', pronoun: 'she' },
    { one: 'brother', many: 'brothers', pronoun: 'he' },
    { one: 'aunt', many: 'aunts', pronoun: 'she' },
    { one: 'uncle', many: 'uncles', pronoun: 'he' },
    { one: 'daughter', many: 'daughters', pronoun: 'she' },
    { one: 'son', many: 'sons', pronoun: 'he' },
    { one: 'grandmother', many: 'grandmothers', pronoun: 'she' },
    { one: 'grandfather', many: 'grandfathers', pronoun: 'he' },
    { one: 'niece', many: 'nieces', pronoun: 'she' },
    { one: 'nephew', many: 'nephews', pronoun: 'he' },
  ];

/** One kind of fact about a person: its possible values, how it is told, and how it is asked. `{p}` is the name, `{v}` the value. */
export interface Relation {
  readonly id: string;
  readonly values: readonly string[];
  readonly tellings: readonly string[];
  readonly questions: readonly string[];
}

export const RELATIONS: readonly Relation[] = [
  {
    id: 'town',
    values:
      'Oakford Millbrook Redhill Norwick Ashby Kingsport Fairview Greenvale Stonebridge Westmoor Eastham Lakeside'.split(
        ' ',
      ),
    tellings: [
      '{p} lives in {v}.',
      '{p} has a small flat in {v}.',
      'Everyone in {v} knows {p}.',
      '{p} comes from {v}.',
    ],
    questions: [
      'Where does {p} live?',
      'In which town does {p} live?',
      'Which town is the home of {p}?',
      'What is the name of the town where {p} lives?',
      'Where is the flat of {p}?',
      'Where would you look for {p}?',
    ],
  },
  {
    id: 'pet',
    values: 'dog cat horse rabbit parrot donkey goat hamster tortoise pony canary ferret'.split(' '),
    tellings: [
      '{p} has a {v}.',
      'The pet of {p} is a {v}.',
      '{p} feeds a {v} every morning.',
      'The {v} of {p} is very old.',
    ],
    questions: [
      'What animal does {p} have?',
      'Which pet does {p} keep?',
      'What pet lives with {p}?',
      'Which animal does {p} feed every morning?',
      'What is the pet of {p}?',
      'What kind of animal does {p} own?',
    ],
  },
  {
    id: 'drink',
    values: 'tea coffee milk water cocoa lemonade juice cider'.split(' '),
    tellings: [
      '{p} always drinks {v}.',
      '{p} likes {v} best.',
      'A cup of {v} makes {p} smile.',
      '{p} asks for {v} every day.',
    ],
    questions: [
      'What does {p} drink?',
      'What does {p} like to drink?',
      'Which drink does {p} like best?',
      'What is in the cup of {p}?',
      'What should we pour for {p}?',
      'What does {p} ask for every day?',
    ],
  },
  {
    id: 'colour',
    values: 'red blue green yellow white black brown purple'.split(' '),
    tellings: [
      '{p} wears a {v} coat.',
      'The coat of {p} is {v}.',
      '{p} has a {v} door.',
      'The favourite colour of {p} is {v}.',
    ],
    questions: [
      'What colour is the coat of {p}?',
      'Which colour does {p} wear?',
      'What is the favourite colour of {p}?',
      'What colour is the door of {p}?',
      'Which colour does {p} like best?',
      'What colour would {p} choose?',
    ],
  },
  {
    id: 'instrument',
    values: 'piano guitar violin drum trumpet flute harp cello'.split(' '),
    tellings: [
      '{p} plays the {v}.',
      '{p} has played the {v} for years.',
      'The {v} in the hall belongs to {p}.',
      '{p} takes {v} lessons.',
    ],
    questions: [
      'What does {p} play?',
      'Which instrument does {p} play?',
      'What instrument belongs to {p}?',
      'What has {p} played for years?',
      'Which lessons does {p} take?',
      'What does {p} practise every week?',
    ],
  },
  {
    id: 'fruit',
    values: 'apples pears plums grapes cherries bananas melons figs'.split(' '),
    tellings: [
      '{p} grows {v}.',
      '{p} sells {v} on Mondays.',
      'There are always {v} on the table of {p}.',
      '{p} loves {v}.',
    ],
    questions: [
      'What fruit does {p} grow?',
      'Which fruit does {p} sell?',
      'What does {p} grow?',
      'What is on the table of {p}?',
      'Which fruit does {p} love?',
      'What does {p} sell on Mondays?',
    ],
  },
];
