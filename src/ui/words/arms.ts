/**
 * @file What each arm looks like, everywhere the same: a colour (design/arms.css), a mark and a dash, so that no
 * arm is told by its colour alone.
 */
import type { MethodName } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';

/** Mark names are Observable Plot's symbols. */
export interface ArmLook {
  /** A CSS colour. */
  readonly colour: string;
  readonly mark: 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross' | 'wye' | 'times' | 'plus';
  /** stroke-dasharray; '' is a solid line. */
  readonly dash: string;
}

const look = (name: string, mark: ArmLook['mark'], dash = ''): ArmLook => ({
  colour: `var(--arm-${name})`,
  mark,
  dash,
});

const LOOKS: Readonly<Record<MethodName, ArmLook>> = {
  soft: look('soft', 'circle'),
  'soft+': look('soft-plus', 'triangle'),
  isara: look('isara', 'star'),
  'single-round': look('single-round', 'diamond', '7 3'),
  'frozen-teacher': look('frozen-teacher', 'square', '4 3'),
  gold: look('gold', 'star', '2 3'),
  'pool-sft': look('pool-sft', 'cross', '7 3'),
  vote: look('vote', 'wye', '5 2 1 2'),
  reuse: look('reuse', 'times', '6 2 2 2'),
  'isara-single': look('isara-single', 'diamond', '7 3'),
  'seed-sft': look('seed-sft', 'cross', '2 3'),
  icl: look('icl', 'plus', '2 3'),
};

export const lookOf = (method: MethodName): ArmLook => LOOKS[method];

/** An arm as people read it: its method's title, unless it was given a name of its own. */
export const armTitle = (name: string, method: MethodName): string =>
  name === method ? methodOf(method).title : name;
