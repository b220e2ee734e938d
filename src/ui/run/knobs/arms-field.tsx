/** @file The arms of a run: the method and what it is compared with; each can go, others can come. */
import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { MethodName } from '../../../words/methods.ts';
import { METHOD_NAMES, methodOf } from '../../../words/methods.ts';
import type { ArmSetup } from '../../../store/setup/setup-shape.ts';
import { ArmKey } from '../../charts/arm-key.tsx';
import { armTitle } from '../../../words/arm-title.ts';
import { lookedArms } from '../../words/arms.ts';
import { Choice } from '../../kit/choice.tsx';

/** What is compared with, and not a way to lift a model by its own labels. */
const isControl = ({ asControl, schedule }: ReturnType<typeof methodOf>): boolean =>
  asControl !== '' || schedule === 'none';

export const METHOD_OPTIONS = METHOD_NAMES.map((id) => {
  const method = methodOf(id);
  const group = isControl(method) ? 'Controls' : 'Methods';
  return { id, title: method.title, note: method.help, group };
}).toSorted((a, b) => b.group.localeCompare(a.group));

export interface ArmsFieldProps {
  readonly arms: readonly ArmSetup[];
  readonly fault: string | null;
  readonly onAdd: (method: MethodName) => void;
  readonly onRemove: (name: string) => void;
}

export function ArmsField({ arms, fault, onAdd, onRemove }: ArmsFieldProps): ReactNode {
  return (
    <div className="arms-field" role="group" aria-label="Arms that run">
      <ul>
        {lookedArms(arms).map(({ name, method, nth }) => (
          <li key={name}>
            <ArmKey {...{ method, nth }} />
            <span className="arm-name">{armTitle(name, method)}</span>
            <AriaButton
              className="arm-remove"
              aria-label={`Leave out ${armTitle(name, method)}`}
              isDisabled={arms.length === 1}
              onPress={() => {
                onRemove(name);
              }}
            >
              ×
            </AriaButton>
          </li>
        ))}
      </ul>
      <Choice
        label="Add an arm"
        isLabelHidden
        placeholder="Compare with …"
        value={null}
        options={METHOD_OPTIONS}
        onChange={onAdd}
      />
      {fault !== null && <p className="field-fault">{fault}</p>}
    </div>
  );
}
