import { expect, it } from 'vitest';
import { RECORDED, recordAfresh } from '../../tools/regression/afresh.ts';
import { compareRecordings, departureLines } from '../../tools/regression/compare.ts';
import { readRecording } from '../../tools/regression/recording.ts';

it('the recorded experiment computes every byte as recorded (else: npm run regression)', async () => {
  const report = { line: () => undefined, status: () => undefined };
  const { recording } = await recordAfresh(report, new AbortController().signal);
  const departures = compareRecordings(await readRecording(RECORDED), recording);
  expect(departureLines(departures).join('\n')).toBe('Every byte is as recorded.');
}, 300_000);
