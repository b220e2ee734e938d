/**
 * @file The importer's advice names the command's options; in the page it names what the page has for each. The two are the
 * same wishes (words/importing.ts), so this is a translation, word for word; a test holds every advice of the importer to it.
 */

const WAYS: readonly (readonly [option: RegExp, inPage: string])[] = [
  // The page asks for no sizes of a run: the setup does, after the import.
  [/, (give the pool .*?), or ask for what is feasible: --rounds .*$/gu, ' or $1.'],
  [/, as in: --columns .*$/gu, ', in the table of columns.'],
  [/, as in --columns \S+?(?=[,.]|$)/gu, ', in the table of columns'],
  [/, as in --label-names \S+?(?=,? or |\.?$)/gu, ', under “Labels”'],
  [/, or another kind: --kind \S+/gu, ', or another kind, under “Kind”'],
  [/with: --several-labels \S+/gu, 'under “Rows with several labels”'],
  [/say its label: --label CLASS .*?\. /gu, 'say its label, beside the name of each of several files. '],
  [/with --pool FILE/gu, 'with “Add a file for the pool”'],
  [/\(--pool FILE\)/gu, '(“Add a file for the pool”)'],
  [/\(--encoding\)/gu, '(the field “Encoding”)'],
  [/\(--delimiter\)/gu, '(the field “Delimiter”)'],
  [/leave --keep-together out/gu, 'choose nothing under “Keep together”'],
  [/--answer-after '(.*?)'/gu, 'put $1 under “Score what stands after”'],
  [/As in: --template '(.*)'/gu, 'As in: $1'],
];

export const inPage = (advice: string): string =>
  WAYS.reduce((text, [option, words]) => text.replaceAll(option, words), advice);
