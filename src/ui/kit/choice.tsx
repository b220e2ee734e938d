/** @file One of a few named things: a select whose options may each have a line of explanation. */
import type { ReactNode } from 'react';
import {
  Button,
  Header,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';
import './field.css';
import './choice.css';

export interface ChoiceOption<T extends string> {
  readonly id: T;
  readonly title: string;
  readonly note?: string;
  /** A heading that it stands under; options of one group stand together. */
  readonly group?: string;
}

export interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  /** Label and control side by side. */
  readonly isRow?: boolean;
  readonly value: T | null;
  readonly options: readonly ChoiceOption<T>[];
  readonly onChange: (value: T) => void;
  readonly isDisabled?: boolean;
  /** Shown while nothing is chosen. */
  readonly placeholder?: string;
}

function Option<T extends string>({ id, title, note }: ChoiceOption<T>): ReactNode {
  return (
    <ListBoxItem id={id} textValue={title} className="choice-item">
      <Text slot="label">{title}</Text>
      {note !== undefined && (
        <Text slot="description" className="choice-note">
          {note}
        </Text>
      )}
    </ListBoxItem>
  );
}

export function Choice<T extends string>(props: ChoiceProps<T>): ReactNode {
  const {
    label,
    isLabelHidden = false,
    isRow = false,
    value,
    options,
    onChange,
    isDisabled = false,
    placeholder = '',
  } = props;
  const groups = [...new Set(options.flatMap(({ group }) => group ?? []))];
  return (
    <Select
      className={isRow ? 'field is-row is-choice' : 'field'}
      value={value}
      isDisabled={isDisabled}
      placeholder={placeholder}
      onChange={(key) => {
        const found = options.find(({ id }) => id === key);
        if (found !== undefined) onChange(found.id);
      }}
    >
      <Label className={isLabelHidden ? 'sr-only' : 'field-label'}>{label}</Label>
      <Button className="choice-button">
        <SelectValue className="choice-value">
          {({ selectedText, isPlaceholder, defaultChildren }) =>
            isPlaceholder ? defaultChildren : selectedText
          }
        </SelectValue>
        <svg width="10" height="6" viewBox="0 0 10 6" aria-hidden="true">
          <path d="M1 1l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      </Button>
      <Popover className="choice-popover">
        <ListBox className="choice-list">
          {groups.length > 0
            ? groups.map((group) => (
                <ListBoxSection key={group} className="choice-group">
                  <Header className="choice-heading">{group}</Header>
                  {options.flatMap((option) =>
                    option.group === group ? <Option key={option.id} {...option} /> : [],
                  )}
                </ListBoxSection>
              ))
            : options.map((option) => <Option key={option.id} {...option} />)}
        </ListBox>
      </Popover>
    </Select>
  );
}
