/**
 * @file The verbs that a method is made of: a closed set. experiments/methods.json says which of them a method is;
 * verb-meanings.ts says what each means, method/agenda.ts turns them into rounds and requests, and the Python twin reads
 * the same file. A new method needs an entry there; a new verb its name here, its meaning and its doing in the agenda.
 */
export const VERBS = {
  schedule: ['rounds', 'once', 'none'],
  labels: ['new-prompts', 'all-prompts', 'questions', 'nothing'],
  teacher: ['previous', 'base', 'key', 'nobody'],
  votes: ['one', 'rounds', 'votes'],
  trainsOn: ['labels', 'earlier', 'pool'],
  fewShot: ['shared', 'own'],
  stop: ['validation', 'novelty'],
} as const;

export type VerbKind = keyof typeof VERBS;
export type Verb<K extends VerbKind> = (typeof VERBS)[K][number];
