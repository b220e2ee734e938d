/** @file What is amiss for as long as it is: runs that could not be kept, workers that give no sign. */
import type { ReactNode } from 'react';
import { save } from '../charts/download.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { formatSeconds } from '../words/numbers.ts';
import './messages.css';

/** Of these runs something stands in this page alone. */
export function Unkept(): ReactNode {
  const unkept = useLab((state) => state.unkept);
  const runs = useLab((state) => state.runs);
  const actions = useActions();
  const cards = runs.filter(({ id }) => unkept.includes(id));
  return cards.map(({ id, name }) => (
    <div key={id} className="message is-notice" role="status">
      <div className="message-body is-line">
        <p>
          “{name}” is not kept whole in this browser so far: what is missing there is lost with this page.
          Keeping it is tried again.
        </p>
        <Button
          onPress={() =>
            void actions.exportRun(id).then((file) => {
              if (file !== null) save(file.name, new Blob([file.bytes], { type: file.type }));
            })
          }
        >
          Save as a file
        </Button>
      </div>
    </div>
  ));
}

export function SilentWorkers(): ReactNode {
  const silent = useLab((state) => state.silent);
  const actions = useActions();
  return silent.map(({ worker, seconds }) => (
    <div key={worker} className="message is-notice" role="status">
      <div className="message-body is-line">
        <p>
          No sign of the {worker} worker for {formatSeconds(seconds)}. A long step on a busy machine may take
          minutes; if nothing comes, replace it: what it was asked for ends, and the run can be gone on with.
        </p>
        <Button
          onPress={() => {
            actions.replaceWorker(worker);
          }}
        >
          Replace it
        </Button>
      </div>
    </div>
  ));
}
