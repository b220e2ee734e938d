/**
 * @file `npm run results -- DIR...`: docs/RESULTS.md, and what the page opens with, from finished experiments: every task and arm as measured, with
 * intervals over seeds, and what became of the claims that were written down before the run. Folders of one experiment
 * (other tasks, other seeds) become one section; so does a file of claims over several models, CLAIMS.json, that names its folders.
 */
import { writeFile } from 'node:fs/promises';
import type { Evidence } from '../src/analysis/evidence.ts';
import { LabError } from '../src/core/errors.ts';
import { runCommand } from './command-line.ts';
import { writing } from './file-faults.ts';
import { answerOf } from './results/answers.ts';
import { evidenceOf, pooledEvidence, sortedEvidence } from './results/evidence.ts';
import { glance } from './results/glance.ts';
import { mergeMeasured } from './results/merge.ts';
import { pooledSection, readPooled, studyPooled } from './results/pooled.ts';
import { hasMixed, roundsFigure } from './results/rounds-figure.ts';
import { section } from './results/section.ts';
import { readMeasured } from './results/study.ts';

const OUT = 'docs/RESULTS.md';
const FIGURE = 'docs/rounds.svg';
const OPENING = 'src/ui/run/opening/evidence.json';
const ANSWERS = 'src/ui/experiments/answers.json';
const SHIPPED = 'nano';

const intro = `# Results

Made by \`npm run results -- DIR...\` from what \`npm run experiment\` wrote; nothing is edited by hand. Means over seeds, 95% intervals by Student's t, differences
paired by seed. What the arms are: [METHOD.md](METHOD.md). With start = base the last adapter has seen only the last part; single-round has seen all.`;

const figure = `![By round, the students' zero-shot and few-shot scores, and labels right](rounds.svg)

What becomes of the foot that SOFT steps on: of each round's student, asked zero-shot and few-shot on test items, and of the labels that it learnt from. Labels are shares
of other items (prompts), so their height is not to be held against the students'. Thin lines are seeds, those with all rounds; what may be said of it stands in the claims.`;

async function main(named: readonly string[]): Promise<number> {
  const folders = named.filter((name) => !name.endsWith('.json'));
  const files = named.filter((name) => name.endsWith('.json'));
  if (folders.length === 0) {
    throw new LabError('invalid-request', 'No results were named.', {
      remedy: 'Name one or more folders of `npm run experiment`.',
    });
  }
  const experiments = mergeMeasured(await Promise.all(folders.map(readMeasured)));
  const studies = await Promise.all(files.map(async (file) => studyPooled(await readPooled(file))));
  const pooled = await Promise.all(studies.map(pooledSection));
  const mixed = experiments.filter(hasMixed);
  if (mixed.length > 0) await writing(FIGURE, () => writeFile(FIGURE, roundsFigure(mixed)));
  const pictures = mixed.length > 0 ? [figure] : [];
  const parts = [intro, ...pooled, glance(experiments), ...pictures, ...experiments.map(section)];
  const page = `${parts.join('\n\n')}\n`;
  await writing(OUT, () => writeFile(OUT, page));
  const opening: Evidence = {
    lines: sortedEvidence(experiments.flatMap((one) => evidenceOf(one, SHIPPED))),
    pooled: studies.flatMap(pooledEvidence),
  };
  await writing(OPENING, () => writeFile(OPENING, `${JSON.stringify(opening, null, 2)}\n`));
  await writing(ANSWERS, () => writeFile(ANSWERS, `${JSON.stringify(experiments.map(answerOf), null, 2)}\n`));
  console.log(`${OUT}: sections ${experiments.length}, folders ${folders.length}.`);
  return 0;
}

await runCommand(() => main(process.argv.slice(2)));
