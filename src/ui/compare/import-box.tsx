/** @file Opens runs from elsewhere, dropped or picked: exported files, or a folder that unattended work wrote. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { FileTrigger } from 'react-aria-components';
import type { PickedFiles } from '../../core/source.ts';
import { describeFiles } from '../../core/source.ts';
import { DropArea } from '../kit/drop-area.tsx';
import { describeDrop } from '../drop.ts';
import { goTo } from '../go-to.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useTools } from '../lab-context.ts';

export function ImportBox(): ReactNode {
  const actions = useActions();
  const { lab } = useTools();
  const [isReading, setIsReading] = useState(false);
  const take = async (source: Promise<PickedFiles | null>) => {
    setIsReading(true);
    const shown = lab.store.getState().run?.id;
    try {
      const picked = await source;
      if (picked !== null) await actions.importRun(picked);
    } finally {
      setIsReading(false);
    }
    // A refused file is told among the messages; then this view stays.
    if (lab.store.getState().run?.id !== shown) goTo('run');
  };
  const choose = (files: FileList | null) => {
    if (files !== null && files.length > 0) void take(Promise.resolve(describeFiles([...files])));
  };
  return (
    <DropArea
      label="Open runs from elsewhere"
      onDrop={({ items }) => {
        void take(describeDrop(items));
      }}
    >
      <p>
        {isReading
          ? 'Reading.'
          : 'Drop the file of an exported run here, or the folder (or a zip of it) that unattended work wrote: it is played as a replay.'}
      </p>
      <div className="button-row">
        <FileTrigger allowsMultiple acceptedFileTypes={['.zip', 'application/zip']} onSelect={choose}>
          <Button isDisabled={isReading}>Choose a file</Button>
        </FileTrigger>
        <FileTrigger acceptDirectory onSelect={choose}>
          <Button isDisabled={isReading}>Choose a folder</Button>
        </FileTrigger>
      </div>
    </DropArea>
  );
}
