/** @file A check-model report as lines for a person: what was loaded, then every row with value and tolerance. */
import type { LayerReport } from '../../src/check/layers.ts';
import type { CheckReport } from '../../src/check/run.ts';
import type { HeldBytes, MemoryUse } from '../../src/core/memory.ts';

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
/** Both runtimes' array buffers are the one process's in Node. */
function memoryLine(what: string, { peak, load }: MemoryUse): string {
  const parts = ({ heap, arrays, gpu }: HeldBytes) =>
    [
      `heap ${megabytes(heap)}`,
      ...(arrays === null ? [] : [`array buffers ${megabytes(arrays)}`]),
      ...(gpu === 0 ? [] : [`GPU ${megabytes(gpu)}`]),
    ].join(', ');
  const loading = load === null ? '' : `; loading, at most: ${parts(load)}`;
  return `${what}, at most: ${parts(peak)}${loading}`;
}

const rate = (tokens: number) => `${tokens.toPrecision(3)} tokens/s`;

function layerLines({ what, points, parting, worst }: LayerReport): string[] {
  const nearest = parting ?? worst;
  if (nearest === null) return [`FAIL layers, ${what}: no point was compared`];
  const { name, through, difference, tolerance, size } = nearest;
  const figures = `${difference.toExponential(1)} <= ${tolerance.toExponential(1)}, values up to ${size.toPrecision(3)}`;
  if (parting === null)
    return [`ok   layers, ${what}: ${points} points agree; nearest to its limit: ${name}, ${figures}`];
  const ways = through.length === 0 ? '' : ` (computed with ${through.join(', ')})`;
  return [`FAIL layers, ${what}: part first at ${name}${ways}: ${figures}`];
}

export function reportLines(report: CheckReport): string[] {
  const { checks, memoryBytes, speed, continuation } = report;
  const width = Math.max(...checks.map(({ name }) => name.length));
  const failed = checks.filter(({ ok }) => !ok);
  return [
    `${report.architecture}, ${report.parameters.toLocaleString('en')} parameters, ${report.dtype}${report.weights === 'float32' ? '' : `, held as ${report.weights}`}, on ${report.backend}`,
    `memory, estimated: labelling ${megabytes(memoryBytes.labelling)}, training ${megabytes(memoryBytes.training)}`,
    ...(report.adapter ?? []).map((line) => `adapter: ${line}`),
    ...(speed === undefined
      ? []
      : [
          memoryLine('labelling', speed.memory.labelling),
          memoryLine('training', speed.memory.training),
          `speed, 8 rows of ${speed.length}: prompts ${rate(speed.prefillTokensPerSecond)}, new tokens ${rate(speed.decodeTokensPerSecond)}, ` +
            `training ${rate(speed.trainTokensPerSecond)}`,
        ]),
    '',
    ...checks.map(
      ({ name, runtime, backend, value, tolerance, ok }) =>
        `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(width)}  ${runtime.padEnd(4)} ${backend.padEnd(6)} ` +
        `${value.toExponential(1)} <= ${tolerance.toExponential(1)}`,
    ),
    ...(report.layers ?? []).flatMap(layerLines),
    ...report.leftOut.map((what) => `not compared: ${what}`),
    ...(continuation === undefined ? [] : ['', continuation.text, `ids: ${continuation.ids.join(' ')}`]),
    '',
    failed.length === 0
      ? `${checks.length} of ${checks.length} checks are within tolerance.`
      : `${failed.length} of ${checks.length} checks failed.`,
  ];
}
