/** @file A knob's value as people read it, wherever it is shown; links and files keep the value itself. */
import type { KnobName } from './knobs.ts';

/** Where 0 is no amount. */
const ZERO: Partial<Readonly<Record<KnobName, string>>> = {
  demonstrations: 'the task’s own',
  maxNewTokens: 'the pool’s longest',
  maxPerplexity: 'any',
  maxGradNorm: 'off',
};

/** "0.1", "on", "none", "the task’s own". */
export function knobValueWords(name: KnobName, value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value === 0) return ZERO[name] ?? '0';
  return value === '' ? 'none' : String(value);
}
