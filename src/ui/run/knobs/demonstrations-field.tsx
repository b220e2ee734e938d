/** @file How many labelled items stand before each prompt: the number that the run will use, and whether it is the task's own. */
import type { ReactNode } from 'react';
import { KNOBS } from '../../../words/knobs.ts';
import { useLab } from '../../lab-context.ts';
import { ownNumber } from '../../words/own-number.ts';
import type { KnobFieldProps } from './knob-field.tsx';
import { KnobField } from './knob-field.tsx';

type Props = Pick<KnobFieldProps, 'value' | 'fault' | 'onChange'>;

export function DemonstrationsField({ value, fault, onChange }: Props): ReactNode {
  const { cards } = useLab((state) => state.tasks);
  const taskId = useLab((state) => state.setup.setup.taskId);
  const k = cards.find(({ definition }) => definition.id === taskId)?.definition.k ?? null;
  const { shown, note, knobOf, least } = ownNumber(value, k);
  return (
    <KnobField
      knob={{ ...KNOBS.demonstrations, min: least }}
      value={shown}
      {...{ fault, note }}
      onChange={(next) => {
        onChange(knobOf(next));
      }}
    />
  );
}
