/** @file Opens a run that was exported elsewhere: its file is dropped here, or picked. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { DropZone, FileTrigger, Text } from 'react-aria-components';
import { goTo } from '../go-to.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useTools } from '../lab-context.ts';

export function ImportBox(): ReactNode {
  const actions = useActions();
  const { lab } = useTools();
  const [isReading, setIsReading] = useState(false);
  const take = async (file: File) => {
    setIsReading(true);
    const shown = lab.store.getState().run?.id;
    try {
      await actions.importRun(file);
    } finally {
      setIsReading(false);
    }
    // A refused file is told among the messages; then this view stays.
    if (lab.store.getState().run?.id !== shown) goTo('run');
  };
  return (
    <DropZone
      className="import-box"
      onDrop={({ items }) => {
        const found = items.find((item) => item.kind === 'file');
        if (found?.kind === 'file') void found.getFile().then(take);
      }}
    >
      <Text slot="label">
        {isReading ? 'Reading the file.' : 'Drop the file of an exported run here: it is played as a replay.'}
      </Text>
      <FileTrigger
        acceptedFileTypes={['.zip', 'application/zip']}
        onSelect={(files) => {
          const file = files?.[0];
          if (file !== undefined) void take(file);
        }}
      >
        <Button isDisabled={isReading}>Choose a file</Button>
      </FileTrigger>
    </DropZone>
  );
}
