/** @file The GPU bench's report as a page of Markdown: right numbers, then speed, then what was left out. */
import { batchName } from './plan.ts';
import type { Piece } from './plan.ts';
import type { GpuReport, LabellingFigures, NativeReport, Outcome, TrainingFigures } from './report.ts';
import { foundOf, isNotRun, summaryOf, told, verdictOf } from './report.ts';

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const rate = (value: number | undefined) => (value === undefined ? 'no times' : value.toPrecision(4));
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string[] => [
  row(head),
  row(head.map(() => '---')),
  ...rows,
];

function adapterLines(adapter: GpuReport['adapter']): string[] {
  if (isNotRun(adapter)) return [`No WebGPU: ${adapter.notRun}`];
  const { description, isSoftware, features, limits, subgroupSizes } = adapter;
  const has = (name: string) => `${name} ${features.includes(name) ? 'yes' : 'no'}`;
  return [
    `Adapter: ${description}${isSoftware ? ' (software: its times say nothing and are left out)' : ''}`,
    `${has('shader-f16')}, ${has('subgroups')} (${subgroupSizes.join(' to ')} lanes)`,
    `Limits: ${Object.entries(limits)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  ];
}

const subject = ({ model, weights, batch }: Piece): string =>
  [model, weights, batch && batchName(batch)].filter((word) => word !== undefined).join(' ');

function correctnessLines(report: GpuReport): string[] {
  const lines = foundOf(report, 'golden').map(
    ({ piece, outcome }) => `- goldens of ${piece.model}: ${summaryOf({ piece, outcome })}`,
  );
  for (const part of ['training', 'labelling'] as const) {
    for (const { piece, outcome } of foundOf(report, part)) {
      const against = !isNotRun(outcome) && outcome.against !== undefined ? ` (${outcome.against})` : '';
      lines.push(`- ${part}, ${subject(piece)}${against}: ${summaryOf({ piece, outcome })}`);
      if (!isNotRun(outcome)) lines.push(...outcome.checks.map((one) => `  - ${told(one)}`));
    }
  }
  return lines.length === 0 ? ['Nothing was compared.'] : lines;
}

/** What there is of one model and batch. */
interface Measured {
  readonly model: string;
  readonly batch: string;
  readonly training?: Outcome<TrainingFigures>;
  readonly labelling?: Outcome<LabellingFigures>;
  readonly native?: Outcome<NativeReport>;
}

function measuredOf(report: GpuReport): Measured[] {
  const rows = new Map<string, Measured>();
  const put = (piece: Piece, some: Partial<Measured>) => {
    const key = subject(piece);
    const before = rows.get(key) ?? {
      model: piece.model,
      batch: piece.batch === undefined ? '' : `${piece.batch.rows} x ${piece.batch.tokens}`,
    };
    rows.set(key, { ...before, ...some });
  };
  for (const { piece, outcome } of foundOf(report, 'speed-training')) put(piece, { training: outcome });
  for (const { piece, outcome } of foundOf(report, 'speed-labelling')) put(piece, { labelling: outcome });
  for (const { piece, outcome } of foundOf(report, 'speed-native')) put(piece, { native: outcome });
  return [...rows.values()];
}

/** Of what was not asked for, and of what did not run, a cell that says so. */
function cells<T extends object>(
  outcome: Outcome<T> | undefined,
  count: number,
  of: (value: T) => readonly string[],
): readonly string[] {
  if (outcome !== undefined && !isNotRun(outcome)) return of(outcome);
  const first = outcome === undefined ? 'not asked' : outcome.notRun;
  return [first, ...Array.from({ length: count - 1 }, () => '-')];
}

const trainingRow = ({ model, batch, training, native }: Measured): string =>
  row([
    ...[model, batch],
    ...cells(training, 5, ({ tokensPerSecond, perStep, gpuBytes }) => [
      rate(tokensPerSecond),
      perStep.dispatches.toFixed(0),
      mebibytes(perStep.uploadedBytes),
      mebibytes(perStep.downloadedBytes),
      mebibytes(gpuBytes),
    ]),
    ...cells(native, 3, ({ byTf32: { off, on } }) => [
      rate(off.trainTokensPerSecond),
      rate(on.trainTokensPerSecond),
      mebibytes(off.gpuBytes),
    ]),
  ]);

const labellingRow = ({ model, batch, labelling, native }: Measured): string =>
  row([
    ...[model, batch],
    ...cells(labelling, 6, (one) => [
      rate(one.prefillTokensPerSecond),
      rate(one.decodeTokensPerSecond),
      (one.perPass.dispatches / one.newTokens).toFixed(0),
      mebibytes(one.perPass.uploadedBytes / one.newTokens),
      mebibytes(one.perPass.downloadedBytes / one.newTokens),
      mebibytes(one.gpuBytes),
    ]),
    ...cells(native, 2, ({ byTf32: { off } }) => [
      rate(off.prefillTokensPerSecond),
      rate(off.decodeTokensPerSecond),
    ]),
  ]);

const VERDICTS = {
  right: 'Shown to be right.',
  'not right': 'WRONG: the figures below are of no use.',
  'not compared':
    'Not shown to be right: not all was compared; until it is, the figures below are of no use.',
} as const;

export function markdown(report: GpuReport): string {
  const measured = measuredOf(report);
  const natives = foundOf(report, 'speed-native').flatMap(({ outcome }) =>
    isNotRun(outcome)
      ? []
      : [`PyTorch ${outcome.torch}, transformers ${outcome.transformers} on ${outcome.device}`],
  );
  return [
    '# Bootlace on this GPU',
    '',
    ...adapterLines(report.adapter),
    ...new Set(natives),
    '',
    '## Right?',
    '',
    VERDICTS[verdictOf(report)],
    '',
    ...correctnessLines(report),
    '',
    '## Training, LoRA r 8 on all linear layers, 4 label tokens a row, float32 (tokens/s; a step)',
    '',
    ...table(
      [
        ...['model', 'batch', 'lab', 'dispatches', 'up', 'down', 'GPU memory held'],
        ...['PyTorch fp32', 'PyTorch TF32', 'PyTorch, at most'],
      ],
      measured.map(trainingRow),
    ),
    '',
    '## Labelling, float32 (tokens/s; a new token of the batch)',
    '',
    ...table(
      [
        ...['model', 'batch', 'lab: prompts', 'lab: new', 'dispatches', 'up', 'down', 'GPU memory held'],
        ...['PyTorch fp32: prompts', 'PyTorch fp32: new'],
      ],
      measured.map(labellingRow),
    ),
    '',
    '## Left out',
    '',
    ...(report.leftOut.length === 0 ? ['Nothing.'] : report.leftOut.map((one) => `- ${one}`)),
    '',
  ].join('\n');
}
