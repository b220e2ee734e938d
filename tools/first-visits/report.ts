/** @file What came of many first visits, as lines and as a table. */
import type { HostName } from '../hosts.ts';
import type { Load } from './load.ts';

export interface Series {
  readonly host: HostName;
  readonly loads: readonly Load[];
}

const inSeconds = (value: number | undefined): string =>
  value === undefined ? '-' : `${value.toFixed(1)} s`;

export function loadLines(
  number: number,
  host: HostName,
  { browser, seconds, said, told, requests }: Load,
): string[] {
  const what = seconds === null ? `FAILED  ${said}` : `ready after ${inSeconds(seconds)}  ${said}`;
  return [`${browser}, ${host}  ${number}: ${what}`, ...[...told, ...requests].map((line) => `    ${line}`)];
}

function row({ host, loads }: Series): readonly string[] {
  const times = loads.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])).sort((a, b) => a - b);
  const middle = times.length / 2;
  const [low, high] = [times[Math.ceil(middle) - 1], times[Math.floor(middle)]];
  const median = low === undefined || high === undefined ? undefined : (low + high) / 2;
  return [
    ...[loads[0]?.browser ?? '', host, String(loads.length), String(loads.length - times.length)],
    String(loads.filter(({ told }) => told.length > 0).length),
    ...[inSeconds(median), inSeconds(times.at(-1))],
  ];
}

/** Times are of the loads that came to their end. */
export function table(series: readonly Series[]): string[] {
  const rows = [
    ['browser', 'host', 'loads', 'failed', 'with notices', 'median', 'longest'],
    ...series.map(row),
  ];
  const width = (column: number) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}
