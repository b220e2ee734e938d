/** @file Chooses an item of the pool: a button that opens a list to search. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import {
  Dialog,
  DialogTrigger,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  SearchField,
  Text,
  Virtualizer,
  Autocomplete,
} from 'react-aria-components';
import type { TaskRow } from '../../words/task.ts';
import { Button } from '../kit/button.tsx';

export interface PoolPickerProps {
  /** On the button. */
  readonly title: string;
  /** For screen readers, where the title alone does not say of what. */
  readonly label?: string;
  readonly rows: readonly TaskRow[];
  readonly onPick: (id: string) => void;
  readonly isQuiet?: boolean;
}

const ROW = 56;

const holds = ({ input, output }: TaskRow, wanted: string): boolean =>
  `${input} ${output}`.toLowerCase().includes(wanted.trim().toLowerCase());

export function PoolPicker({ title, label, rows, onPick, isQuiet = false }: PoolPickerProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [text, setText] = useState('');
  return (
    <DialogTrigger
      isOpen={isOpen}
      onOpenChange={(open) => {
        setIsOpen(open);
        setText('');
      }}
    >
      <Button look={isQuiet ? 'quiet' : 'plain'} isDisabled={rows.length === 0} aria-label={label ?? title}>
        {title}
      </Button>
      <Popover className="pool-popover" placement="bottom start">
        <Dialog className="pool-dialog" aria-label="Choose from the pool">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField className="field" autoFocus>
              <Label className="field-label">Search the pool: input or answer</Label>
              <Input className="input" spellCheck={false} />
            </SearchField>
            <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: ROW }}>
              <ListBox
                className="pool-list"
                aria-label="Items of the pool"
                items={rows.filter((row) => holds(row, text))}
                selectionMode="none"
                onAction={(id) => {
                  setIsOpen(false);
                  onPick(String(id));
                }}
                renderEmptyState={() => <p className="faint">Nothing in the pool is like that.</p>}
              >
                {({ id, input, output }) => (
                  <ListBoxItem id={id} className="pool-item" textValue={`${input} ${output}`}>
                    <Text slot="label">{input}</Text>
                    <b>{output}</b>
                  </ListBoxItem>
                )}
              </ListBox>
            </Virtualizer>
          </Autocomplete>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
